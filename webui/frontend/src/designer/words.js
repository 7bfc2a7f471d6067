// What the editor says, in the reader's language: sentences are written in English here and in the libraries, and the server has the rest.

// one dictionary for all bundles of the page
const shared = (window.designerWords ??= { words: {}, untranslated: new Set() });
//: sentences without a translation, for the test that looks for them
export const untranslated = shared.untranslated;

export function setWords(words) {
  shared.words = words;
}

/** A sentence with its `{fields}` filled. */
export function translate(sentence, fields) {
  const found = shared.words[sentence];
  if (found === undefined && document.documentElement.lang !== "en") untranslated.add(sentence);
  return (found ?? sentence).replace(/{([^}]+)}/g, (whole, name) => fields?.[name] ?? whole);
}

/** For the libraries' own menus and panels. */
export const translateModule = { translate: ["value", translate] };

// What every designer's page begins with: the server at its draft, the reader's words, and what there is to choose from.
import { Server } from "./server.js";
import { setWords } from "./words.js";

const NOTHING = { roles: [], forms: [], records: [], clauses: [], operators: [], processes: [], decisions: [], series: [], collections: [], english: {} };

/**
 * `{ server, draft, catalogue, known, more }` once the draft and the words are there. The catalogue is empty at first: `known` resolves when
 * it is filled, so that nobody waits for it who only looks. `more(server, draft)` begins what can be fetched meanwhile.
 */
export async function openDraft(holder, more = () => null) {
  const server = new Server(Number(holder.dataset.draft)), catalogue = { ...NOTHING };
  const known = server.get(`/drafts/${server.draftId}/catalogue`).then((found) => Object.assign(catalogue, found));
  const [words, [draft, further]] = await Promise.all([
    fetch(holder.dataset.words).then((response) => response.json()),
    server.draft().then(async (found) => [found, await more(server, found)]),
  ]);
  setWords(words);
  return { server, draft, catalogue, known, more: further };
}

// Decision tables are edited by a part of its own, which is loaded when the first one is opened.

export class Tables {
  constructor(root) {
    this.root = root;
    this.holder = root.querySelector("[data-tables]");
    this.onChange = () => {};
  }

  async show(text) {
    this.editor ??= await this.load();
    await this.editor.show(text);
  }

  text() {
    return this.editor.text();
  }

  async load() {
    const { tablesScript, tablesStyle } = this.root.dataset;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: tablesStyle });
    const script = Object.assign(document.createElement("script"), { src: tablesScript });
    await Promise.all([link, script].map((node) => new Promise((resolve, reject) => {
      node.onload = resolve;
      node.onerror = () => reject(new Error(node.href ?? node.src));
      document.head.append(node);
    })));
    return window.designerTables(this.holder, () => this.onChange());
  }
}

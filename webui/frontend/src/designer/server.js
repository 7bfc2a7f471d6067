// The REST API as the designer's pages use it: bytes by revision, refusals as errors that carry the problem.

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** The server could not be reached: nothing is known of what it did. */
export class Unreachable extends Error {}

const API = "/api/v1";

export class Server {
  constructor(draftId) {
    this.draftId = draftId;
    this.token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"];
  }

  /** `{ bytes, text, revision }` of a file as it stands, or as it stood at a revision of the draft. */
  async file(path, revision) {
    const query = new URLSearchParams({ path, ...(revision ? { revision } : {}) });
    const response = await this.send("GET", `/drafts/${this.draftId}/file?${query}`);
    const text = await response.text();
    return { text, revision: Number((response.headers.get("ETag") ?? "0").replace(/\D/g, "")) };
  }

  draft() {
    return this.get(`/drafts/${this.draftId}`);
  }

  /** Save texts together; each edit is `{ path, text, revision }`. Gives the draft with its files. */
  save(edits) {
    return this.post(`/drafts/${this.draftId}/save`, { edits });
  }

  async get(path, options) {
    return (await this.send("GET", path, undefined, options)).json();
  }

  async post(path, body = {}, options) {
    return (await this.send("POST", path, JSON.stringify(body), options)).json();
  }

  async put(path, body) {
    return (await this.send("PUT", path, JSON.stringify(body))).json();
  }

  async remove(path) {
    return (await this.send("DELETE", path)).json();
  }

  async send(method, path, body, options = {}) {
    const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
    if (body !== undefined) Object.assign(headers, { "Content-Type": "application/json" });
    if (method !== "GET") headers["X-CSRFToken"] = this.token;
    if (options.background) headers["X-Background"] = "1";
    let response;
    try {
      response = await fetch(API + path, { method, headers, body, signal: options.signal, keepalive: options.keepalive ?? false });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable(error.message);
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status >= 500 && response.status !== 503) throw new Refused(response.status, problem);
    if (response.status === 503) throw new Unreachable(problem.detail);
    throw new Refused(response.status, problem);
  }
}

// Asks the console's API, and holds each answer against /api/openapi.json.
import assert from 'node:assert/strict';

import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' };

const escaped = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** The document of a running console, and which of its operations were seen to answer as it says. */
export class ApiDocument {
  static async read(origin) {
    const document = new ApiDocument();
    document.json = await (await fetch(`${origin}/api/openapi.json`)).json();
    // OpenAPI's own words are no JSON Schema.
    document.ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(document.ajv);
    document.ajv.addSchema(document.json, 'api');
    document.seen = new Set();
    return document;
  }

  get operations() {
    return Object.entries(this.json.paths).flatMap(([pattern, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ pattern, method, ...operation })));
  }

  #operation(method, path) {
    const fits = (pattern) => new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`).test(path);
    const patterns = Object.keys(this.json.paths).filter(fits).sort((a, b) => a.includes('{') - b.includes('{'));
    return patterns.length === 0 ? undefined : { pattern: patterns[0], operation: this.json.paths[patterns[0]][method.toLowerCase()] };
  }

  /** Fails unless an answer of this status, type and body is what the document promises. */
  check(method, path, status, type, text) {
    const found = this.#operation(method, path);
    if (!found?.operation) {
      assert.ok(status === 404 || status === 405, `${method} ${path} is not in the document and answers ${status}`);
      return;
    }
    const { pattern, operation } = found;
    const code = operation.responses[status] ? String(status) : 'default';
    const response = operation.responses[code];
    assert.ok(response && (code !== 'default' || status >= 400), `${method} ${pattern} answers ${status}, which is not in the document: ${text}`);
    const pointer = ['paths', pattern, method.toLowerCase(), 'responses', code].map(escaped).join('/');
    const content = response.$ref ? this.#at(response.$ref).content : response.content;
    if (!content) {
      assert.equal(text, '', `${method} ${pattern} ${status} has a body`);
    } else {
      const media = type.split(';')[0];
      assert.ok(content[media], `${method} ${pattern} ${status} is ${media}, the document has ${Object.keys(content)}`);
      if (media === 'application/json') {
        const base = response.$ref ? response.$ref.slice(2) : pointer;
        const validate = this.ajv.compile({ $ref: `api#/${encodeURI(base)}/content/application~1json/schema` });
        assert.ok(validate(JSON.parse(text)), `${method} ${path} ${status}: ${this.ajv.errorsText(validate.errors)}\n${text}`);
      }
    }
    if (status < 400) this.seen.add(operation.operationId);
  }

  #at(reference) { return reference.slice(2).split('/').reduce((part, name) => part[name], this.json); }
}

/** One caller: nobody, a browser (cookie and CSRF token) or a program (bearer). */
export class Caller {
  constructor(origin, document, headers = {}) { Object.assign(this, { origin, document, headers }); }

  async ask(method, path, body, headers = {}) {
    const answer = await fetch(this.origin + path, {
      method, redirect: 'manual',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...this.headers, ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    this.document?.check(method, path.split('?')[0], answer.status, answer.headers.get('content-type') ?? '', text);
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') && text !== '';
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }
  get(path, headers) { return this.ask('GET', path, undefined, headers); }
  post(path, body, headers) { return this.ask('POST', path, body, headers); }
  patch(path, body, headers) { return this.ask('PATCH', path, body, headers); }
  delete(path, headers) { return this.ask('DELETE', path, undefined, headers); }

  async browser(login) {
    const answer = await this.post('/api/auth/login', login);
    assert.equal(answer.status, 200, answer.text);
    const cookie = answer.headers.getSetCookie()[0].split(';')[0];
    return new Caller(this.origin, this.document, { cookie, 'x-csrf-token': answer.body.csrf_token });
  }
  async program(login) {
    const answer = await this.post('/auth/login', login);
    assert.equal(answer.status, 200, answer.text);
    return this.withToken(answer.body.token);
  }
  withToken(token) { return new Caller(this.origin, this.document, { authorization: `Bearer ${token}` }); }
}

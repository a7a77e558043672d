// A scripted OpenAI on a loopback port: records what it was asked, answers what a test says, down to the bytes.
import http from 'node:http';
import { once } from 'node:events';

export const PROVIDER_KEY = 'sk-provider-secret-0123456789abcdef';

/** What the buffered and streamed answers of this file bill, and what that costs at 1 USD in, 2 USD out a million. */
export const USAGE = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
export const USAGE_COST = '0.000022';

export function completion(model, content = 'Hello from the provider.', usage = USAGE) {
  return {
    id: 'chatcmpl-e2e0123456789', object: 'chat.completion', created: 1795168800, model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage, service_tier: 'default', system_fingerprint: 'fp_e2e',
  };
}

/** The events of a streamed chat completion as OpenAI sends them, each with its blank line. */
export function streamEvents(model, contents, { usage = USAGE, includeUsage = false, done = true } = {}) {
  const chunk = (fields) => ({
    id: 'chatcmpl-e2e0123456789', object: 'chat.completion.chunk', created: 1795168800, model,
    service_tier: 'default', system_fingerprint: 'fp_e2e', ...fields,
  });
  const choice = (delta, finish_reason = null) => ({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
  const pending = includeUsage ? { usage: null } : {};
  const events = [chunk({ ...choice({ role: 'assistant', content: '', refusal: null }), ...pending })];
  for (const content of contents) events.push(chunk({ ...choice({ content }), ...pending }));
  events.push(chunk({ ...choice({}, 'stop'), ...pending }));
  if (includeUsage) events.push(chunk({ choices: [], usage }));
  return [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), ...(done ? ['data: [DONE]\n\n'] : [])];
}

export function sseHead(response, headers = {}) {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_e2e_provider', 'openai-processing-ms': '7',
    ...headers,
  });
}

export function sendJson(response, status, body, headers = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json', 'content-length': bytes.length, 'x-request-id': 'req_e2e_provider',
    'openai-processing-ms': '7', ...headers,
  });
  response.end(bytes);
}

/** Writes `bytes` in pieces that fall anywhere, also inside a character or a line end; the same seed cuts the same way. */
export async function writeInPieces(response, bytes, seed) {
  let state = seed >>> 0 || 1;
  for (let at = 0; at < bytes.length;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const size = 1 + (state >>> 8) % 700;
    if (!response.write(bytes.subarray(at, at + size))) await once(response, 'drain');
    at += size;
    await new Promise(setImmediate);
  }
}

export class FakeProvider {
  constructor() {
    this.requests = [];
    this.scripts = new Map();
    this.sockets = new Set();
    this.server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => this.#serve(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
    });
  }

  async start(port = 0) {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    return this;
  }

  async stop() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await once(this.server, 'close');
  }

  get baseUrl() { return `http://127.0.0.1:${this.port}/v1`; }

  /** `script(request, response)` answers calls for `model`; request has method, url, headers, bytes, json. */
  on(model, script) { this.scripts.set(model, script); }

  /** What was asked for `model` so far. */
  asked(model) { return this.requests.filter((request) => request.json?.model === model); }

  async #serve(incoming, response) {
    const parts = [];
    try {
      for await (const part of incoming) parts.push(part);
    } catch {
      return; // the caller went away in the middle of its body
    }
    const bytes = Buffer.concat(parts);
    let json;
    try { json = JSON.parse(bytes.toString()); } catch { json = undefined; }
    const request = {
      method: incoming.method, url: incoming.url, headers: incoming.headers, rawHeaders: incoming.rawHeaders, bytes, json,
    };
    this.requests.push(request);
    response.on('error', () => {});
    const script = this.scripts.get(json?.model) ?? answerNormally;
    await script(request, response);
  }
}

/** The ordinary answers: chat, buffered or streamed, completions, embeddings. */
export function answerNormally(request, response) {
  const { json } = request;
  if (request.headers.authorization !== `Bearer ${PROVIDER_KEY}`) {
    return sendJson(response, 401, {
      error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
    });
  }
  if (request.url.endsWith('/embeddings')) return sendJson(response, 200, embeddings(json));
  if (request.url.endsWith('/completions') && !request.url.endsWith('/chat/completions')) {
    return sendJson(response, 200, {
      id: 'cmpl-e2e', object: 'text_completion', created: 1795168800, model: json.model,
      choices: [{ text: ' there was a test.', index: 0, logprobs: null, finish_reason: 'stop' }], usage: USAGE,
    });
  }
  if (!json.stream) return sendJson(response, 200, completion(json.model));
  sseHead(response);
  const includeUsage = json.stream_options?.include_usage === true;
  for (const event of streamEvents(json.model, ['Hello', ' from', ' the', ' stream.'], { includeUsage })) response.write(event);
  return response.end();
}

function embeddings(json) {
  const inputs = Array.isArray(json.input) ? json.input : [json.input];
  const vector = [0.25, -0.5, 1];
  const embedding = json.encoding_format === 'base64'
    ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;
  return {
    object: 'list', model: json.model, data: inputs.map((_, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: 8, total_tokens: 8 },
  };
}

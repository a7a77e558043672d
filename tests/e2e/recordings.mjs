// The recorded exchanges of ../shared/fixtures/providers, and a provider that plays them.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import path from 'node:path';

import { writeInPieces } from './fake_provider.mjs';
import { FIXTURES } from './pulse_process.mjs';

const FOLDER = path.join(FIXTURES, 'providers');

/** Names which exchange a request is: the fake provider goes by it, and Pulse forwards it because the settings say so. */
export const MARK = 'x-recorded-exchange';

// What a recorded path begins with, and so what the provider's base_url ends in. The first that fits is taken; a
// path that begins with none of them (Ollama's own beside its compatible one) goes to the last.
const BASES = {
  anthropic: [''], avian: ['/v1'], azure: ['/models', ''], bedrock: [''], 'bedrock-mantle': ['/openai/v1', '/v1'],
  cerebras: ['/v1'], cohere: [''], crusoe: ['/v1'], deepseek: ['/beta', ''], gemini: [''], gpustack: ['/v1'],
  groq: ['/openai/v1'], huggingface: ['/together/v1', '/hyperbolic/v1', '/nebius/v1', '/v1', ''], llamacpp: ['/v1'],
  mistral: ['/v1'], ollama: ['/v1'], openai: ['/v1'], openrouter: ['/api/v1'], perplexity: [''], replicate: [''],
  snowflake: ['/api/v2/cortex/v1'], together: ['/v1'], 'vercel-gateway': ['/v1'], vertex: [''], voyage: ['/v1'],
  watsonx: [''], writer: ['/v1'], xai: ['/v1'], zai: ['/api/coding/paas/v4', '/api/paas/v4'],
};
const KINDS = { 'vercel-gateway': 'vercel' };

/** The entry of `providers` that a path of this provider needs: its name, kind and the path of its base_url. */
function entryOf(provider, pathname) {
  const bases = BASES[provider];
  if (!bases) throw new Error(`no base path is known for recordings of ${provider}`);
  const found = bases.findIndex((base) => pathname.startsWith(`${base}/`));
  const index = found < 0 ? bases.length - 1 : found;
  const name = index === bases.length - 1 ? provider : `${provider}-${index + 1}`;
  return { name, kind: KINDS[provider] ?? provider, base: bases[index] };
}

const TYPES = {
  json: 'application/json', sse: 'text/event-stream', ndjson: 'application/x-ndjson', 'json-array': 'application/json',
  'aws-eventstream': 'application/vnd.amazon.eventstream', text: 'text/plain', binary: 'application/octet-stream',
};
const STREAMED = new Set(['sse', 'ndjson', 'json-array', 'aws-eventstream']);
const FRAMING_FIELDS = new Set(['transfer-encoding', 'content-length', 'content-encoding', 'connection', 'date']);

function bytesOf({ body, body_text: text, body_base64: base64 }) {
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  if (text !== undefined) return Buffer.from(text);
  return body === undefined || body === null ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
}

/** Some recorders kept a form in base64 without saying so, and one left it out: then there is a small one in its place. */
function requestBytes({ headers, ...body }) {
  const bytes = bytesOf(body);
  const boundary = /^multipart\/form-data;.*boundary=([^;]+)/.exec(headers['content-type'] ?? headers['Content-Type'] ?? '')?.[1];
  if (!boundary || bytes.subarray(0, 2).toString() === '--') return bytes;
  const text = bytes.toString();
  if (!text.startsWith('[')) return Buffer.from(text.replace(/^base64:/, ''), 'base64');
  const part = (disposition, content) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
  return Buffer.from(`${part('name="file"; filename="a.mp3"', 'ID3')}${part('name="model"', 'whisper-1')}--${boundary}--\r\n`);
}

const LOST_BODIES = [
  [/:generateContent$/, { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }],
  [/\/chat\/completions$/, { messages: [{ role: 'user', content: 'Hello' }] }],
];

export class Recording {
  constructor(file) {
    const { provider, api, streaming, request, response, expected } = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'));
    // Parts of names that the recording's source had blanked out.
    const url = request.url.replace(/^<\w+_API_BASE>/, 'http://recorded/v1').replace(/<AWS_REGION>|<GOOGLE_CLOUD_LOCATION>/g, 'us-central1');
    const [, pathname, query = ''] = /^https?:\/\/[^/]*\/*(\/[^?]*)\??(.*)$/.exec(url);
    // Some recorders lost what was asked.
    if (request.method === 'POST' && bytesOf(request).length === 0) request.body = LOST_BODIES.find(([path]) => path.test(pathname))?.[1];
    Object.assign(this, { file, provider, api, streaming, expected, pathname });
    this.query = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('key=')).join('&');
    this.request = { method: request.method, headers: lowercase(request.headers), json: request.body, bytes: requestBytes(request) };
    this.response = {
      status: response.status, framing: response.framing, streamed: STREAMED.has(response.framing), bytes: bytesOf(response),
      headers: { 'content-type': TYPES[response.framing], ...without(lowercase(response.headers), FRAMING_FIELDS) },
    };
    this.entry = entryOf(provider, pathname);
  }

  get target() { return this.query === '' ? this.pathname : `${this.pathname}?${this.query}`; }
}

const lowercase = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value).split('\n')[0]]));
const without = (headers, names) => Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name)));

export const recordedFiles = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => name.endsWith('.json') && name !== 'MANIFEST.json') : [];

/** Plays each exchange to the request that carries its mark, in pieces that fall anywhere. */
export class ReplayingProvider {
  constructor() {
    this.playing = new Map();
    this.server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => this.#serve(request, response));
  }

  async start() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Makes `mark` answer with `response`; gives the list to which requests with this mark are added. */
  play(mark, response) {
    const asked = [];
    this.playing.set(mark, { response, asked });
    return asked;
  }

  async #serve(incoming, outgoing) {
    const parts = [];
    for await (const part of incoming) parts.push(part);
    const played = this.playing.get(incoming.headers[MARK]);
    if (!played) {
      outgoing.writeHead(503, { 'content-type': 'application/json' });
      return outgoing.end('{"error":{"message":"nothing is recorded for this request"}}');
    }
    const { response, asked } = played;
    asked.push({ method: incoming.method, url: incoming.url, headers: incoming.headers, bytes: Buffer.concat(parts) });
    if (response.streamed) {
      outgoing.writeHead(response.status, response.headers);
      await writeInPieces(outgoing, response.bytes, seedOf(response.bytes));
      return outgoing.end();
    }
    outgoing.writeHead(response.status, { ...response.headers, 'content-length': response.bytes.length });
    return outgoing.end(response.bytes);
  }
}

const seedOf = (bytes) => createHash('sha256').update(bytes).digest().readUInt32LE(0);

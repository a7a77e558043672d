// Clients inside a page of Chromium whose origin is not Pulse's: answers, streams, errors, an abort, a file and a
// realtime session get through where the origin is allowed, and nothing does where it is not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { chromium } from 'playwright-core';

import { assertBilled, dialectProviders, DialectProvider } from './dialect_providers.mjs';
import { streamFor, STREAMED, TEXT } from './fake_dialects.mjs';
import { completion, PROVIDER_KEY, sendJson } from './fake_provider.mjs';
import { FakeRealtime, RESPONSE_USAGE } from './fake_realtime.mjs';
import { KEY, keyNamed, Pulse, until } from './pulse_process.mjs';

const BROWSER = process.env.PULSE_CHROMIUM ?? '/usr/bin/chromium';

/** Serves an empty page, and the client packages as a bundler makes them for pages. */
class PageServer {
  constructor() {
    this.bundles = new Map();
    this.server = http.createServer(async (request, response) => {
      const name = /^\/(\w+)\.js$/.exec(request.url)?.[1];
      response.writeHead(200, { 'content-type': name ? 'text/javascript' : 'text/html' });
      response.end(name ? await this.#bundle(name) : '<!doctype html><title>a page</title>');
    });
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

  async #bundle(name) {
    if (!this.bundles.has(name)) {
      const contents = name === 'realtime' ? 'export * from "openai7/realtime/websocket"'
        : `export * from "${name}"; ${name.startsWith('genai') ? '' : `export { default } from "${name}";`}`;
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: path.dirname(fileURLToPath(import.meta.url)) },
        bundle: true, format: 'esm', platform: 'browser', write: false, logLevel: 'error',
      });
      this.bundles.set(name, outputFiles[0].contents);
    }
    return this.bundles.get(name);
  }
}

let provider;
let realtime;
let pulse;
let allowed;
let strange;
let browser;
let page;
let folder;

before(async () => {
  if (!existsSync(BROWSER)) return;
  [provider, realtime, allowed, strange] = await Promise.all([new DialectProvider().start(), new FakeRealtime().start(), new PageServer().start(), new PageServer().start()]);
  pulse = await Pulse.start({
    config: { gateway: { cors: { origins: ['https://app.example.com', allowed.origin] } }, providers: dialectProviders(provider) },
    keys: { slow: { requests_per_minute: 1 }, broke: { budgets: [{ period: 'month', limit: '0.000001', currency: 'USD' }], clamp: false } },
  });
  folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-browser-'));
  browser = await chromium.launch({
    executablePath: BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage', '--ignore-certificate-errors'],
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
  });
  page = await pageOf(allowed);
});
after(async () => {
  await browser?.close();
  await pulse?.stop();
  await provider?.stop();
  await realtime?.stop();
  allowed?.stop();
  strange?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function pageOf({ origin }) {
  const opened = await browser.newPage();
  await opened.goto(origin);
  return opened;
}

/** Runs `work(client, { classes, ...given })` in the page, with a client that does not try again. */
async function inPage(where, name, work, { key = KEY, ...given } = {}) {
  return where.evaluate(async ({ name, work, origin, key, given }) => {
    const classes = await import(`/${name}.js`);
    const options = { apiKey: key, maxRetries: 0, dangerouslyAllowBrowser: true };
    const client = name.startsWith('openai') ? new classes.default({ ...options, baseURL: `${origin}/v1` })
      : name.startsWith('anthropic') ? new classes.default({ ...options, baseURL: origin })
        : new classes.GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: origin } });
    return (0, eval)(`(${work})`)(client, { classes, ...given }); // eslint-disable-line no-eval
  }, { name, work: work.toString(), origin: pulse.origin, key, given });
}

// Each of these runs in the page.
const APIS = {
  openai: {
    dialect: 'openai',
    ask: async (client) => {
      const { data, response } = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }).withResponse();
      return { text: data.choices[0].message.content, headers: Object.fromEntries(response.headers) };
    },
    stream: async (client) => {
      const { data, response } = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }], stream: true }).withResponse();
      let text = '';
      for await (const chunk of data) text += chunk.choices[0]?.delta?.content ?? '';
      return { text, id: response.headers.get('x-pulse-request-id') };
    },
    fail: (client, { model = 'no-such-model' }) => client.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }] }).then(
      () => ({}), (error) => ({ name: error.constructor.name, status: error.status, message: error.message, code: error.code, headers: error.headers && Object.fromEntries(error.headers instanceof Headers ? error.headers : Object.entries(error.headers)) })),
    leave: async (client) => {
      const controller = new AbortController();
      const { data, response } = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }], stream: true }, { signal: controller.signal }).withResponse();
      for await (const chunk of data) if (chunk.choices[0]?.delta?.content) break;
      controller.abort();
      return { id: response.headers.get('x-pulse-request-id') };
    },
    notFound: 'NotFoundError', disconnected: 'APIConnectionError',
  },
  anthropic: {
    dialect: 'anthropic',
    ask: async (client) => {
      const { data, response } = await client.messages.create({ model: 'claude-e2e-1', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }).withResponse();
      return { text: data.content[0].text, headers: Object.fromEntries(response.headers), requestId: data._request_id };
    },
    stream: async (client) => {
      const { data, response } = await client.messages.create({ model: 'claude-e2e-1', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], stream: true }).withResponse();
      let text = '';
      for await (const event of data) text += event.delta?.text ?? '';
      return { text, id: response.headers.get('x-pulse-request-id') };
    },
    fail: (client, { model = 'no-such-model' }) => client.messages.create({ model, max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }).then(
      () => ({}), (error) => ({ name: error.constructor.name, status: error.status, message: error.message, headers: error.headers && Object.fromEntries(error.headers) })),
    leave: async (client) => {
      const { data, response } = await client.messages.create({ model: 'claude-e2e-1', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], stream: true }).withResponse();
      for await (const event of data) if (event.type === 'content_block_delta') break;
      data.controller.abort();
      return { id: response.headers.get('x-pulse-request-id') };
    },
    notFound: 'NotFoundError', disconnected: 'APIConnectionError',
  },
  genai: {
    dialect: 'gemini',
    ask: async (client) => {
      const answer = await client.models.generateContent({ model: 'gemini-2.5-flash', contents: 'hi' });
      return { text: answer.text, headers: answer.sdkHttpResponse.headers };
    },
    stream: async (client) => {
      let text = '';
      let id;
      for await (const chunk of await client.models.generateContentStream({ model: 'gemini-2.5-flash', contents: 'hi' })) {
        text += chunk.text ?? '';
        id ??= chunk.sdkHttpResponse.headers['x-pulse-request-id'];
      }
      return { text, id };
    },
    fail: (client, { model = 'no-such-model' }) => client.models.generateContent({ model, contents: 'hi' }).then(
      () => ({}), (error) => ({ name: error.constructor.name, status: error.status, message: error.message })),
    leave: async (client) => {
      const controller = new AbortController();
      let id;
      for await (const chunk of await client.models.generateContentStream({ model: 'gemini-2.5-flash', contents: 'hi', config: { abortSignal: controller.signal } })) {
        id = chunk.sdkHttpResponse.headers['x-pulse-request-id'];
        if (chunk.text) break;
      }
      controller.abort();
      return { id };
    },
    notFound: 'ApiError', drains: true,
  },
};
const CLIENTS = Object.entries({
  'openai 4': 'openai4', 'openai 6': 'openai6', 'openai 7': 'openai7', '@anthropic-ai/sdk 0.71': 'anthropic0', '@anthropic-ai/sdk 1': 'anthropic1',
  '@google/genai 2': 'genai2', '@google/genai 3': 'genai3',
}).map(([title, name]) => ({ title, name, api: APIS[name.slice(0, -1)] }));

describe('a page of an allowed origin', { skip: !existsSync(BROWSER) && `no ${BROWSER}` }, () => {
  for (const { title, name, api } of CLIENTS) {
    describe(title, () => {
      it('gets an answer, and may read what Pulse says about it', async () => {
        const { text, headers, requestId } = await inPage(page, name, api.ask);

        assert.equal(text, TEXT);
        assert.equal(headers['x-pulse-cost'], '0.000022');
        assert.ok(headers['x-pulse-provider'] && headers['x-request-id'], Object.keys(headers).join());
        if (api.dialect === 'anthropic') assert.equal(requestId, 'req_e2e_anthropic');
        await assertBilled(pulse, headers['x-pulse-request-id'], { dialect: api.dialect });
      });

      it('gets a stream', async () => {
        const { text, id } = await inPage(page, name, api.stream);

        assert.equal(text, STREAMED);
        await assertBilled(pulse, id, { dialect: api.dialect, stream: true });
      });

      it('gets errors as its own types', async () => {
        const error = await inPage(page, name, api.fail);

        assert.equal(error.status, 404, JSON.stringify(error));
        assert.match(error.message, /no-such-model/);
        assert.equal((await inPage(page, name, api.fail, { key: keyNamed('nobody') })).status, 401);
      });

      it(`leaves in the middle of a stream${api.drains ? '' : ', and the provider is stopped'}`, async () => {
        let closed;
        let finish;
        const { id } = await provider.instead((request, response) => {
          const stream = streamFor(request);
          if (!stream) return false;
          const events = stream.events();
          closed = once(response, 'close');
          finish = () => response.end(Buffer.concat(events.slice(-2)));
          response.writeHead(200, { 'content-type': stream.type });
          response.write(Buffer.concat(events.slice(0, -2)));
          return true;
        }, () => inPage(page, name, api.leave));
        if (api.drains) setTimeout(finish, 50);

        await closed;
        assert.equal((await pulse.record(id)).outcome, 'caller_gone');
      });

      it('a stream that is cut is an error', async () => {
        await provider.instead((request, response) => {
          const stream = streamFor(request);
          if (!stream) return false;
          response.writeHead(200, { 'content-type': stream.type });
          response.write(Buffer.concat(stream.events().slice(0, 3)), () => setTimeout(() => response.destroy(), 20));
          return true;
        }, () => assert.rejects(inPage(page, name, api.stream)));
      });
    });
  }

  it('may read when to try again', async () => {
    await inPage(page, 'openai7', APIS.openai.ask, { key: keyNamed('slow') });

    const { name, status, headers } = await inPage(page, 'openai7', APIS.openai.fail, { key: keyNamed('slow'), model: 'gpt-4o-mini' });

    assert.deepEqual([name, status], ['RateLimitError', 429]);
    for (const field of ['retry-after', 'retry-after-ms', 'x-ratelimit-reset-requests', 'x-pulse-error-source']) assert.ok(headers[field], field);
  });

  it('may read that a budget is too small, and that trying again is no use', async () => {
    const { status, code, headers } = await inPage(page, 'openai7', APIS.openai.fail, { key: keyNamed('broke'), model: 'gpt-4o-mini' });

    assert.deepEqual([status, code], [429, 'insufficient_quota']);
    assert.equal(headers['x-should-retry'], 'false');
  });

  it('gets an answer whose provider speaks of origins itself', async () => {
    // OpenAI sends the second of these. Two answers to the question of the first are none to a browser.
    const { text } = await provider.instead((request, response) => sendJson(response, 200, completion(request.json.model), {
      'access-control-allow-origin': '*', 'access-control-expose-headers': 'X-Request-ID', 'access-control-allow-credentials': 'true', vary: 'Origin',
    }) ?? true, () => inPage(page, 'openai7', APIS.openai.ask));

    assert.equal(text, TEXT);
  });

  it('uploads a file to Gemini in its two steps', async () => {
    const bytes = 300_000;
    const file = { name: 'files/browser', uri: 'https://provider/files/1', mimeType: 'text/plain', state: 'ACTIVE', sizeBytes: String(bytes) };
    let got = 0;
    const name = await provider.instead((request, response) => {
      if (!request.url.startsWith('/upload/')) return false;
      const command = request.headers['x-goog-upload-command'];
      if (command !== 'start') got += request.bytes.length;
      sendJson(response, 200, command.includes('finalize') ? { file } : {}, {
        'x-goog-upload-status': command.includes('finalize') ? 'final' : 'active',
        ...(command === 'start' ? { 'x-goog-upload-url': `${provider.origin}/upload/v1beta/files?upload_id=e2e&upload_protocol=resumable` } : {}),
      });
      return true;
    }, () => inPage(page, 'genai3', async (client, { bytes }) => (await client.files.upload({ file: new Blob([new Uint8Array(bytes)]), config: { mimeType: 'text/plain' } })).name, { bytes }));

    assert.equal(name, file.name);
    assert.equal(got, bytes);
  });
});

describe('a page of another origin', { skip: !existsSync(BROWSER) && `no ${BROWSER}` }, () => {
  it('gets nothing, and no provider is asked', async () => {
    const before = provider.requests.length;

    const error = await inPage(await pageOf(strange), 'openai7', APIS.openai.fail, { model: 'gpt-4o-mini' });

    assert.equal(error.name, 'APIConnectionError');
    assert.equal(provider.requests.length, before);
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
describe('a realtime session from a page', { skip: (!existsSync(BROWSER) && `no ${BROWSER}`) || (!hasOpenssl && 'no openssl command') }, () => {
  it('over TLS, as openai 7 wants it, signed in by subprotocol', async () => {
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: folder });
    assert.equal(made.status, 0, String(made.stderr));
    const secure = await Pulse.start({ ready: false, config: {
      gateway: { tls: { certificate: path.join(folder, 'cert.pem'), private_key: path.join(folder, 'key.pem') } },
      providers: { openai: { kind: 'openai', base_url: realtime.baseUrl, api_key: PROVIDER_KEY, models: ['gpt-*'], prices: { '*': { input: '1.00', output: '2.00' } } } },
    } });
    try {
      await until('it listens', () => new Promise((done) => {
        const socket = net.connect(secure.port, '127.0.0.1', () => { socket.destroy(); done(true); }).on('error', () => done(false));
      }), 20);

      const { usage, protocol } = await page.evaluate(async ({ port, key }) => {
        const [{ default: OpenAI }, { OpenAIRealtimeWebSocket }] = await Promise.all([import('/openai7.js'), import('/realtime.js')]);
        const client = new OpenAI({ baseURL: `https://localhost:${port}/v1`, apiKey: key, dangerouslyAllowBrowser: true });
        return new Promise((resolve, reject) => {
          const session = new OpenAIRealtimeWebSocket({ model: 'gpt-realtime', dangerouslyAllowBrowser: true }, client);
          session.on('error', (error) => reject(new Error(error.message)));
          session.socket.addEventListener('open', () => session.send({ type: 'response.create' }));
          session.on('response.done', ({ response }) => { session.close(); resolve({ usage: response.usage, protocol: session.socket.protocol }); });
        });
      }, { port: secure.port, key: KEY });

      assert.deepEqual(usage, RESPONSE_USAGE);
      assert.equal(protocol, 'realtime');
      assert.equal(realtime.openings.at(-1).headers.authorization, `Bearer ${PROVIDER_KEY}`);
      assert.ok(!realtime.openings.at(-1).raw.includes(KEY));
      await until('it is billed', () => {
        const database = new DatabaseSync(secure.database, { readOnly: true });
        try {
          return database.prepare('SELECT 1 FROM ai_request_log WHERE usage_source = ? AND output_total = ?').all('provider', RESPONSE_USAGE.output_tokens).length === 1;
        } finally {
          database.close();
        }
      });
    } finally {
      await secure.stop();
    }
  });
});

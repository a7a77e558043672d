// Bodies that are compressed on their way: by a provider that does so unasked, and by a caller.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import zlib from 'node:zlib';

import { startDialects } from './dialect_providers.mjs';
import { DIALECTS, anthropicMessage, streamFor } from './fake_dialects.mjs';
import { completion } from './fake_provider.mjs';
import { KEY } from './pulse_process.mjs';
import { closeCalls, rawCall } from './raw_call.mjs';

const CODINGS = {
  gzip: [zlib.gzipSync, zlib.gunzipSync],
  deflate: [zlib.deflateSync, zlib.inflateSync],
  br: [zlib.brotliCompressSync, zlib.brotliDecompressSync],
  zstd: [zlib.zstdCompressSync, zlib.zstdDecompressSync],
};

let provider;
let pulse;
before(async () => { ({ provider, pulse } = await startDialects({ config: { gateway: { max_body: '1MiB' } } })); });
after(async () => {
  closeCalls();
  await pulse?.stop();
  await provider?.stop();
});

const json = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
const post = (target, body, headers = {}) =>
  rawCall(pulse.origin, { target, headers: { ...json, ...headers }, bytes: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)) });

/** What the caller can read: as the provider packed it, or unpacked on the way. */
const unpacked = ({ headers, bytes }) => {
  const coding = headers['content-encoding'];
  return coding && coding !== 'identity' ? CODINGS[coding][1](bytes) : bytes;
};

async function assertBilled(answer) {
  const row = await pulse.record(answer.headers['x-pulse-request-id']);
  assert.equal(row.usage_source, 'provider');
  assert.deepEqual([row.billable.input_uncached, row.billable.output_total], [12, 5]);
}

describe('a provider that compresses its answers is metered all the same', () => {
  const BUFFERED = {
    '/v1/chat/completions': { body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }, answer: completion('gpt-4o-mini') },
    '/v1/messages': { body: { model: 'claude-e2e-1', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }, answer: anthropicMessage('claude-e2e-1') },
  };
  for (const [coding, [pack]] of Object.entries(CODINGS)) {
    for (const [path, { body, answer: expected }] of Object.entries(BUFFERED)) {
      it(`${coding} of ${path}`, async () => {
        provider.special = (_, response) => {
          const bytes = pack(Buffer.from(JSON.stringify(expected)));
          response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding, 'content-length': bytes.length });
          response.end(bytes);
          return true;
        };

        const answer = await post(path, body, { 'accept-encoding': coding });

        assert.equal(answer.status, 200, answer.bytes.toString());
        assert.deepEqual(JSON.parse(unpacked(answer)), expected);
        await assertBilled(answer);
      });
    }
    for (const name of ['chat', 'messages', 'geminiSse', 'converse']) {
      it(`${coding} of a ${name} stream`, async () => {
        const { path, body, model } = DIALECTS[name];
        const asked = name === 'chat' ? { ...body(model), stream_options: { include_usage: true } } : body(model);
        let sent;
        provider.special = (request, response) => {
          const { type, events } = streamFor(request);
          sent = Buffer.concat(events());
          const packed = pack(sent);
          response.writeHead(200, { 'content-type': type, 'content-encoding': coding });
          response.write(packed.subarray(0, 30));
          response.end(packed.subarray(30));
          return true;
        };

        const answer = await post(path(model), asked, { 'accept-encoding': coding });

        assert.equal(answer.status, 200, answer.bytes.toString());
        assert.equal(unpacked(answer).toString('latin1').replace(/,"cost":[0-9.e-]+/, ''), sent.toString('latin1'));
        await assertBilled(answer);
      });
    }
  }
});

describe('a caller who compresses its request', () => {
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] };
  before(() => { provider.special = () => false; });

  for (const coding of ['gzip', 'zstd']) {
    it(`${coding} is read`, async () => {
      const answer = await post('/v1/chat/completions', CODINGS[coding][0](Buffer.from(JSON.stringify(body))), { 'content-encoding': coding });

      assert.equal(answer.status, 200, answer.bytes.toString());
      assert.deepEqual(provider.last.json, body);
      assert.equal(provider.last.headers['content-encoding'], undefined);
    });

    it(`a ${coding} bomb is refused before it is unpacked`, async () => {
      const residentBefore = pulse.residentKb();

      const answer = await post('/v1/chat/completions', CODINGS[coding][0](Buffer.alloc(256 << 20, 32)), { 'content-encoding': coding });

      assert.equal(answer.status, 413, answer.bytes.toString());
      assert.ok(pulse.residentKb() - residentBefore < 32 * 1024);
    });
  }

  it('another coding is a 415 that names those that are read', async () => {
    const answer = await post('/v1/chat/completions', zlib.brotliCompressSync(Buffer.from(JSON.stringify(body))), { 'content-encoding': 'br' });

    assert.equal(answer.status, 415);
    assert.match(JSON.parse(answer.bytes).error.message, /gzip/);
  });
});

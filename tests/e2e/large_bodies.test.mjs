// Bodies that no buffer should hold: uploads and downloads pass piece by piece, and the row is there all the same.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';

import { PROVIDER_KEY } from './fake_provider.mjs';
import { KEY, Pulse, SLOWNESS } from './pulse_process.mjs';

const MIB = 1 << 20;
const SIZE = 128 * MIB;
const PIECE = Buffer.alloc(256 << 10, 'pulse ');
const ROOM_KB = 48 * 1024;

let server;
let pulse;
let received;
let answer;

before(async () => {
  server = http.createServer(async (request, response) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const part of request) {
      hash.update(part);
      bytes += part.length;
    }
    received = { bytes, hash: hash.digest('hex'), headers: request.headers };
    await answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  pulse = await Pulse.start({
    config: {
      gateway: { max_body: '1MiB', max_upload: '256MiB', body_memory: '64MiB' },
      providers: { openai: { kind: 'openai', base_url: `http://127.0.0.1:${server.address().port}/v1`, api_key: PROVIDER_KEY, models: ['*'], prices: { '*': { input: '1.00', output: '2.00' } } } },
    },
  });
});
after(async () => {
  await pulse?.stop();
  server?.closeAllConnections();
  server?.close();
});

/** Without the pages of files: an upload waits in one for the parts that name its model. */
const memoryKb = () => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pulse.child.pid}/status`, 'utf8'))[1]);

const json = (response, body) => {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
};

const FORM = {
  head: () => Buffer.from(`--b\r\ncontent-disposition: form-data; name="file"; filename="a.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n`),
  tail: (fields) => Buffer.from(`${Object.entries(fields).map(([name, value]) => `\r\n--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}`).join('')}\r\n--b--\r\n`),
};

/** Sends a form whose file comes before its other parts, as openai's client does; `size` bytes of file. */
async function upload(path, fields, size, { chunked = false } = {}) {
  const [head, tail] = [FORM.head(), FORM.tail(fields)];
  const request = http.request({
    host: '127.0.0.1', port: pulse.port, method: 'POST', path, agent: false,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'multipart/form-data; boundary=b', ...(chunked ? {} : { 'content-length': head.length + size + tail.length }) },
  });
  const hash = createHash('sha256').update(head);
  const answered = once(request, 'response');
  let refused = false;
  request.on('error', () => { refused = true; });
  request.on('response', () => { refused = true; });
  let peakKb = 0;
  request.write(head);
  for (let sent = 0; sent < size && !refused; sent += PIECE.length) {
    hash.update(PIECE);
    if (!request.write(PIECE)) await Promise.race([once(request, 'drain'), answered]).catch(() => {});
    if (sent % (8 * MIB) === 0) peakKb = Math.max(peakKb, memoryKb());
  }
  if (!refused) request.end(tail);
  const [response] = await answered;
  const parts = [];
  for await (const part of response) parts.push(part);
  return { status: response.statusCode, id: response.headers['x-pulse-request-id'], body: Buffer.concat(parts), hash: hash.update(tail).digest('hex'), peakKb };
}

describe('uploads', () => {
  for (const [path, fields, body] of [
    ['/v1/files', { purpose: 'batch' }, { id: 'file-large', object: 'file' }],
    ['/v1/audio/transcriptions', { model: 'gpt-4o-transcribe' }, { text: 'x', usage: { type: 'tokens', input_tokens: 12, output_tokens: 5, total_tokens: 17 } }],
  ]) {
    for (const chunked of [false, true]) {
      it(`${path}, ${SIZE / MIB} MiB${chunked ? ', of a length that is not said' : ''}, in constant memory`, async () => {
        answer = (response) => json(response, body);
        const before = memoryKb();

        const { status, id, hash, peakKb, body: got } = await upload(path, fields, SIZE, { chunked });

        assert.equal(status, 200, got.toString());
        assert.equal(received.hash, hash, 'the provider got other bytes');
        assert.ok(peakKb - before < ROOM_KB * SLOWNESS, `${peakKb - before} KiB more than before`);
        const row = await pulse.record(id);
        assert.equal(row.outcome, 'answered');
        if (fields.model) assert.deepEqual([row.model_requested, row.billable.input_uncached, row.billable.output_total], [fields.model, 12, 5]);
        else assert.equal(Number(row.cost), 0);
      });
    }
  }

  it('beyond max_upload is a 413', async () => {
    assert.equal((await upload('/v1/files', { purpose: 'batch' }, 260 * MIB)).status, 413);
  });

  it('JSON beyond max_body is a 413 still', async () => {
    const answered = await pulse.post('/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'x'.repeat(2 * MIB) }] });

    assert.equal(answered.status, 413);
  });
});

describe('downloads', () => {
  for (const length of [true, false]) {
    it(`speech of ${SIZE / MIB} MiB${length ? '' : ', in chunks'}, in constant memory`, async () => {
      const sent = createHash('sha256');
      answer = async (response) => {
        response.writeHead(200, { 'content-type': 'audio/mpeg', ...(length ? { 'content-length': SIZE } : {}) });
        for (let at = 0; at < SIZE; at += PIECE.length) {
          sent.update(PIECE);
          if (!response.write(PIECE)) await once(response, 'drain');
        }
        response.end();
      };
      const before = memoryKb();
      let peakKb = 0;

      const got = await pulse.post('/v1/audio/speech', { model: 'tts-1', input: 'Hello there.', voice: 'alloy' });
      const hash = createHash('sha256');
      for await (const part of got.body) {
        hash.update(part);
        peakKb = Math.max(peakKb, memoryKb());
      }

      assert.equal(hash.digest('hex'), sent.digest('hex'));
      assert.ok(peakKb - before < ROOM_KB * SLOWNESS, `${peakKb - before} KiB more than before`);
      const row = await pulse.record(got.headers.get('x-pulse-request-id'));
      assert.equal(row.outcome, 'answered');
      assert.ok(Number(row.cost) > 0, 'speech is billed by its characters');
    });
  }
});

// Google's official client in two majors, unchanged, at the root and under /gemini.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { assertBilled, dialectProviders, GENAIS, startDialects } from './dialect_providers.mjs';
import { STREAMED, TEXT } from './fake_dialects.mjs';
import { sendJson } from './fake_provider.mjs';
import { KEY, keyNamed, Pulse } from './pulse_process.mjs';

let provider;
let pulse;
before(async () => { ({ provider, pulse } = await startDialects({ keys: { other: {} } })); });
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

for (const { name, GoogleGenAI } of GENAIS) {
  for (const mount of ['', '/gemini']) {
    describe(`${name} at ${mount || 'the root'}`, () => {
      const client = () => new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: pulse.origin + mount } });
      const model = 'gemini-2.5-flash';
      const idOf = (answer) => (answer.sdkHttpResponse ?? answer).headers['x-pulse-request-id'];

      it('generates', async () => {
        const answer = await client().models.generateContent({ model, contents: 'hi' });

        assert.equal(answer.text, TEXT);
        assert.equal(answer.usageMetadata.totalTokenCount, 17);
        await assertBilled(pulse, idOf(answer), { dialect: 'gemini' });
      });

      it('streams', async () => {
        let text = '';
        let id;
        for await (const chunk of await client().models.generateContentStream({ model, contents: 'hi' })) {
          text += chunk.text ?? '';
          id ??= idOf(chunk);
        }

        assert.equal(text, STREAMED);
        await assertBilled(pulse, id, { dialect: 'gemini', stream: true });
      });

      it('embeds and counts', async () => {
        const { embeddings } = await client().models.embedContent({ model: 'gemini-embedding-001', contents: 'hi' });
        assert.deepEqual(embeddings[0].values, [0.25, -0.5]);

        const counted = await client().models.countTokens({ model, contents: 'hi' });
        assert.equal(counted.totalTokens, 14);
        assert.equal(Number((await pulse.record(idOf(counted))).cost), 0);
      });

      it('lists models', async () => {
        const names = [];
        for await (const listed of await client().models.list()) names.push(listed.name);

        assert.ok(Array.isArray(names));
        assert.ok(names.every((listed) => listed.startsWith('models/')), names.join());
      });

      it('has errors in Google\'s shape', async () => {
        const stranger = new GoogleGenAI({ apiKey: keyNamed('nobody'), httpOptions: { baseUrl: pulse.origin + mount } });

        await assert.rejects(stranger.models.generateContent({ model, contents: 'hi' }), (error) =>
          error.status === 401 && JSON.parse(error.message).error.status === 'UNAUTHENTICATED');
        await assert.rejects(client().models.generateContent({ model: 'no-such-model', contents: 'hi' }), (error) =>
          error.status === 404 && JSON.parse(error.message).error.status === 'NOT_FOUND');
      });

      it('uploads a file in its two steps, gets it and deletes it', async () => {
        const bytes = Buffer.alloc(300_000, 'x');
        const file = { name: `files/e2e${name.at(-1)}${mount.length}`, uri: 'https://provider/files/1', mimeType: 'text/plain', state: 'ACTIVE', sizeBytes: String(bytes.length) };
        const got = [];
        await provider.instead((request, response) => {
          const [path] = request.url.split('?');
          if (path.startsWith('/upload/') && request.headers['x-goog-upload-command'] === 'start') {
            sendJson(response, 200, {}, { 'x-goog-upload-url': `${provider.origin}/upload/v1beta/files?upload_id=e2e&upload_protocol=resumable`, 'x-goog-upload-status': 'active' });
          } else if (path.startsWith('/upload/')) {
            got.push(request.bytes);
            const isLast = request.headers['x-goog-upload-command'].includes('finalize');
            sendJson(response, 200, isLast ? { file } : {}, { 'x-goog-upload-status': isLast ? 'final' : 'active' });
          } else if (path.includes('/files')) {
            sendJson(response, 200, request.method === 'DELETE' ? {} : file);
          } else {
            return false;
          }
          return true;
        }, async () => {
          const uploaded = await client().files.upload({ file: new Blob([bytes]), config: { mimeType: 'text/plain' } });

          assert.equal(uploaded.name, file.name);
          assert.ok(Buffer.concat(got).equals(bytes));
          assert.equal((await client().files.get({ name: file.name })).name, file.name);
          const other = new GoogleGenAI({ apiKey: keyNamed('other'), httpOptions: { baseUrl: pulse.origin + mount } });
          await assert.rejects(other.files.get({ name: file.name }), (error) => error.status === 404);
          await client().files.delete({ name: file.name });
        });
      });
    });
  }
}

for (const mount of ['', '/gemini', '/providers/gemini']) {
  it(`an upload at ${mount || 'the root'} is told to go on through Pulse`, async () => {
    // Google's SDKs go where this URL says, and take the key along.
    const bytes = Buffer.from('some bytes');
    const file = { name: `files/raw${mount.length}`, mimeType: 'text/plain', sizeBytes: String(bytes.length) };
    const step = (url, command, body) => fetch(url, {
      method: 'POST', body,
      headers: { 'x-goog-api-key': KEY, 'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': command, 'x-goog-upload-offset': '0' },
    });
    const target = '/upload/v1beta/files?upload_id=e2e&upload_protocol=resumable';
    await provider.instead((request, response) => {
      const isStart = request.headers['x-goog-upload-command'] === 'start';
      sendJson(response, 200, isStart ? {} : { file }, {
        'x-goog-upload-status': isStart ? 'active' : 'final',
        ...(isStart ? { 'X-Goog-Upload-URL': provider.origin + target, 'X-Goog-Upload-Control-URL': provider.origin + target } : {}),
      });
      return true;
    }, async () => {
      const started = await step(`${pulse.origin}${mount}/upload/v1beta/files`, 'start', '{}');

      assert.equal(started.headers.get('x-goog-upload-url'), pulse.origin + mount + target);
      assert.ok(!JSON.stringify([...started.headers]).includes(provider.origin));
      const finished = await step(started.headers.get('x-goog-upload-url'), 'upload, finalize', bytes);
      assert.deepEqual(await finished.json(), { file });
      assert.equal(provider.last.url, target);
      assert.ok(provider.last.bytes.equals(bytes));
      assert.ok(!JSON.stringify(provider.last.headers).includes(KEY));
    });
  });
}

it('a path of Vertex goes to Vertex, where Google\'s other API has the model too', async () => {
  const { gemini } = dialectProviders(provider);
  const both = await Pulse.start({ config: { providers: { gemini, vertex: { ...gemini, kind: 'vertex', project: 'p', region: 'us-east5' } } } });
  try {
    const body = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
    for (const [path, name] of [
      ['/v1/projects/p/locations/us-east5/publishers/google/models/gemini-2.5-flash:generateContent', 'vertex'],
      ['/v1beta/models/gemini-2.5-flash:generateContent', 'gemini'],
    ]) {
      const answer = await both.post(path, body);

      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('x-pulse-provider'), name);
      assert.equal(provider.last.url, path);
    }
  } finally {
    await both.stop();
  }
});

it('a Gemini stream without alt=sse is a JSON array', async () => {
  const answer = await fetch(`${pulse.origin}/v1beta/models/gemini-2.5-flash:streamGenerateContent?key=${KEY}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}',
  });

  const chunks = await answer.json();
  assert.equal(chunks.map((chunk) => chunk.candidates[0].content.parts[0].text).join(''), STREAMED);
  assert.ok(!provider.last.url.includes('key='), provider.last.url);
  await assertBilled(pulse, answer.headers.get('x-pulse-request-id'), { dialect: 'gemini', stream: true });
});

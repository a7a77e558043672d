// OpenAI's client beyond chat: responses, images, sound, files; whose objects are whose. And Azure's form of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { AzureOpenAI, toFile } from 'openai7';

import { CLIENTS, clientOf } from './clients.mjs';
import { assertBilled, COST, HI, startDialects, watched } from './dialect_providers.mjs';
import { responseObject, STREAMED, TEXT } from './fake_dialects.mjs';
import { completion, sendJson } from './fake_provider.mjs';
import { KEY, keyNamed, until } from './pulse_process.mjs';

let provider;
let pulse;
before(async () => { ({ provider, pulse } = await startDialects({ keys: { other: {} } })); });
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

describe('AzureOpenAI of openai 7', () => {
  const client = () => {
    const seen = watched();
    return { ...seen, azure: new AzureOpenAI({ endpoint: pulse.origin, apiKey: KEY, apiVersion: '2024-10-21', maxRetries: 0, fetch: seen.fetch }) };
  };

  it('chats with a deployment', async () => {
    const { azure, answers } = client();

    const answer = await azure.chat.completions.create({ model: 'az-gpt-4o', messages: HI });

    assert.equal(answer.choices[0].message.content, TEXT);
    assert.equal(provider.last.url, '/openai/deployments/my-gpt4o/chat/completions?api-version=2024-10-21');
    await assertBilled(pulse, answers[0].id, { dialect: 'openai' });
  });

  it('streams', async () => {
    const { azure, answers } = client();

    let text = '';
    for await (const chunk of await azure.chat.completions.create({ model: 'az-gpt-4o', messages: HI, stream: true })) text += chunk.choices[0]?.delta.content ?? '';

    assert.equal(text, STREAMED);
    await assertBilled(pulse, answers[0].id, { dialect: 'openai', stream: true });
  });

  it('uses responses and lists models, which no deployment is in the path of', async () => {
    const { azure } = client();

    assert.equal((await azure.responses.create({ model: 'az-gpt-4o', input: 'hi' })).output_text, TEXT);
    const models = [];
    for await (const model of azure.models.list()) models.push(model.id);
    assert.ok(models.length > 0);
  });
});

for (const { name, OpenAI } of CLIENTS) {
  describe(`${name}: beyond chat`, () => {
    const client = (options = {}) => {
      const seen = watched();
      const { client: openai } = clientOf(OpenAI, pulse, { maxRetries: 0, ...options });
      openai.fetch = seen.fetch;
      return { openai, answers: seen.answers };
    };

    it('responses: created, and as a stream', async () => {
      const { openai, answers } = client();

      assert.equal((await openai.responses.create({ model: 'gpt-4o-mini', input: 'hi' })).output_text, TEXT);
      let text = '';
      let completed;
      for await (const event of await openai.responses.create({ model: 'gpt-4o-mini', input: 'hi', stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        if (event.type === 'response.completed') completed = event.response;
      }

      assert.equal(text, STREAMED);
      assert.equal(completed.usage.output_tokens, 5);
      await assertBilled(pulse, answers[0].id, { dialect: 'openai' });
      await assertBilled(pulse, answers[1].id, { dialect: 'openai', stream: true });
    });

    it('responses in background: billed once, however often they are asked for', async () => {
      const id = `resp_background_${name.replace(/\W/g, '')}`;
      const { openai, answers } = client();
      const { openai: other } = client({ key: keyNamed('other') });
      const spent = () => pulse.metric('pulse_cost_usd_total');
      const spentBefore = await spent();
      await provider.instead((request, response) => {
        if (!request.url.startsWith('/v1/responses')) return false;
        const queued = responseObject('gpt-4o-mini', '', { id, status: 'queued', background: true, output: [], usage: null });
        sendJson(response, 200, request.method === 'POST' ? queued : responseObject('gpt-4o-mini', TEXT, { id, background: true }));
        return true;
      }, async () => {
        await openai.responses.create({ model: 'gpt-4o-mini', input: 'hi', background: true });
        for (let i = 0; i < 10; ++i) assert.equal((await openai.responses.retrieve(id)).output[0].content[0].text, TEXT);
        await assert.rejects(other.responses.retrieve(id), (error) => error.status === 404);
        // Pulse asks for it too, and that is what bills it.
        await until('it is billed', async () => await spent() - spentBefore > 0);
      });

      for (const { id: row } of answers) await pulse.record(row);
      assert.ok(Math.abs(await spent() - spentBefore - Number(COST)) < 1e-12, `${await spent() - spentBefore} for one response`);
    });

    it('images, made and edited', async () => {
      const { openai, answers } = client();

      assert.equal((await openai.images.generate({ model: 'gpt-image-1', prompt: 'x' })).data[0].b64_json, 'aGk=');
      const image = await toFile(Buffer.from('png'), 'a.png', { type: 'image/png' });
      assert.equal((await openai.images.edit({ model: 'gpt-image-1', prompt: 'x', image })).data[0].b64_json, 'aGk=');

      assert.match(provider.last.headers['content-type'], /^multipart\/form-data/);
      await assertBilled(pulse, answers[0].id, { dialect: 'openai' });
      const row = await assertBilled(pulse, answers[1].id, { dialect: 'openai' });
      assert.equal(row.model_requested, 'gpt-image-1');
    });

    it('speech and its transcription', async () => {
      const { openai, answers } = client();
      const sound = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 256));

      await provider.instead((request, response) => {
        if (!request.url.endsWith('/speech')) return false;
        response.writeHead(200, { 'content-type': 'audio/mpeg' });
        response.end(sound);
        return true;
      }, async () => {
        const speech = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello there.' });
        assert.ok(Buffer.from(await speech.arrayBuffer()).equals(sound));
      });
      assert.ok((await pulse.record(answers[0].id)).usage_source !== 'provider');

      const file = await toFile(sound, 'a.mp3', { type: 'audio/mpeg' });
      assert.equal((await openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file })).text, 'Hello.');
      assert.ok(provider.last.bytes.includes(sound));
      const row = await assertBilled(pulse, answers[1].id, { dialect: 'openai' });
      assert.equal(row.billable.of_input_audio, 10);
    });

    it('embeddings and moderations', async () => {
      const { openai, answers } = client();

      await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hi', encoding_format: 'float' });
      assert.equal((await openai.moderations.create({ input: 'hi' })).results[0].flagged, false);

      await assertBilled(pulse, answers[0].id, { dialect: 'openai', output: 0 });
      assert.equal(Number((await pulse.record(answers[1].id)).cost), 0);
    });

    it('files: a key sees its own only', async () => {
      const id = `file-${name.replace(/\W/g, '')}`;
      const object = { id, object: 'file', bytes: 5, created_at: 1, filename: 'a.jsonl', purpose: 'batch', status: 'processed' };
      const strange = { ...object, id: 'file-of-nobody' };
      const { openai, answers } = client();
      const { openai: other } = client({ key: keyNamed('other') });
      await provider.instead((request, response) => {
        if (!request.url.startsWith('/v1/files')) return false;
        const [path] = request.url.split('?');
        if (path.endsWith('/content')) {
          response.writeHead(200, { 'content-type': 'application/octet-stream' });
          response.end('{"a":1}\n');
        } else if (request.method === 'DELETE') {
          sendJson(response, 200, { id, object: 'file', deleted: true });
        } else {
          sendJson(response, 200, request.method === 'GET' && path === '/v1/files' ? { object: 'list', data: [strange, object], has_more: false } : object);
        }
        return true;
      }, async () => {
        const file = await toFile(Buffer.from('{"a":1}\n'), 'a.jsonl');
        assert.equal((await openai.files.create({ file, purpose: 'batch' })).id, id);
        assert.equal((await openai.files.retrieve(id)).id, id);
        assert.equal(await (await openai.files.content(id)).text(), '{"a":1}\n');
        const listed = [];
        for await (const item of openai.files.list()) listed.push(item.id);
        assert.deepEqual(listed.filter((item) => item === 'file-of-nobody' || item === id), [id]);

        await assert.rejects(other.files.retrieve(id), (error) => error.status === 404);
        await assert.rejects(other.files.content(id), (error) => error.status === 404);
        const seenByOther = [];
        for await (const item of other.files.list()) seenByOther.push(item.id);
        assert.ok(!seenByOther.includes(id));
        await (openai.files.delete ?? openai.files.del).call(openai.files, id);
      });

      for (const { id: row } of answers) assert.equal(Number((await pulse.record(row)).cost), 0);
    });
  });
}

describe('usage', () => {
  const answering = (usage, work) => provider.instead((_, response) =>
    sendJson(response, 200, { ...completion('gpt-4o-mini', 'Hello there, this is an answer.'), usage }) ?? true, work);

  it('of zero is what was stated, and not missing', async () => {
    const answer = await answering({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, () => pulse.chat({ model: 'gpt-4o-mini' }));

    const row = await pulse.record(answer.headers.get('x-pulse-request-id'));
    assert.equal(row.usage_source, 'provider');
    assert.equal(Number(row.cost), 0);
  });

  for (const usage of [undefined, null]) {
    it(`that is ${usage === null ? 'null' : 'not there'} is counted`, async () => {
      const answer = await answering(usage, () => pulse.chat({ model: 'gpt-4o-mini' }));

      const row = await pulse.record(answer.headers.get('x-pulse-request-id'));
      assert.equal(row.usage_source, 'counted');
      assert.equal(row.billable.output_total, 8);
      assert.ok(Number(row.cost) > 0);
    });
  }

  it('that contradicts itself is an estimate, and never negative', async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12, prompt_tokens_details: { cached_tokens: 161 } };
    const answer = await answering(usage, () => pulse.chat({ model: 'gpt-4o-mini' }));

    const row = await pulse.record(answer.headers.get('x-pulse-request-id'));
    assert.equal(row.cost_status, 'estimated');
    assert.ok(Object.values(row.billable).every((count) => count >= 0), JSON.stringify(row.billable));
    assert.equal(row.billable.output_total, 5);
  });
});

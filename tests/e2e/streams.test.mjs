// Many streams at once, cut anywhere on their way: each caller gets its own bytes, all of them.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { CLIENTS, clientOf, collect, MESSAGES } from './clients.mjs';
import { FakeProvider, sseHead, streamEvents, USAGE_COST, writeInPieces } from './fake_provider.mjs';
import { providerAt, Pulse, sameMoney, until } from './pulse_process.mjs';

const STREAMS = 100;
let provider;
let pulse;
const contents = new Map();

before(async () => {
  provider = await new FakeProvider().start();
  pulse = await Pulse.start({ config: { providers: { fake: providerAt(provider) } } });
  for (let i = 0; i < STREAMS; ++i) {
    const model = `test-stream-${i}`;
    const words = Array.from({ length: 60 }, (_, n) => ` ${i}:${n} žluťoučký 🐎 "quoted" \\ \n\t`);
    contents.set(model, words);
    provider.on(model, async (request, response) => {
      sseHead(response);
      const includeUsage = request.json.stream_options?.include_usage === true;
      await writeInPieces(response, Buffer.from(streamEvents(model, words, { includeUsage }).join('')), i + 1);
      response.end();
    });
  }
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

const everyModel = () => Array.from(contents.keys());

it('100 parallel streams are byte for byte what the provider sent', async () => {
  const answers = await Promise.all(everyModel().map(async (model) => {
    const answer = await pulse.chat({ model, stream: true });
    return { model, id: answer.headers.get('x-pulse-request-id'), bytes: Buffer.from(await answer.arrayBuffer()) };
  }));

  for (const { model, bytes } of answers) {
    const sent = streamEvents(model, contents.get(model), { includeUsage: true });
    const shown = sent.filter((event) => !event.includes('"choices":[]')); // the one that Pulse asked for
    assert.equal(bytes.toString(), shown.join(''), model);
  }
  for (const { id } of answers) assert.ok(sameMoney((await pulse.record(id)).cost, USAGE_COST));
});

it('100 parallel streams whose callers asked for usage differ by the cost only', async () => {
  await Promise.all(everyModel().map(async (model) => {
    const answer = await pulse.chat({ model, stream: true, stream_options: { include_usage: true } });
    const text = await answer.text();

    const cost = /,"cost":([0-9.e-]+)\}/.exec(text);
    assert.equal(Number(cost?.[1]), Number(USAGE_COST), text.slice(-400));
    const sent = streamEvents(model, contents.get(model), { includeUsage: true });
    assert.equal(text.replace(cost[0], '}'), sent.join(''));
  }));
});

for (const { name, OpenAI } of CLIENTS) {
  it(`100 parallel streams through ${name}`, async () => {
    const { client } = clientOf(OpenAI, pulse, { maxRetries: 0 });

    const texts = await Promise.all(everyModel().map(async (model) =>
      [model, (await collect(await client.chat.completions.create({ model, messages: MESSAGES, stream: true }))).text]));

    for (const [model, text] of texts) assert.equal(text, contents.get(model).join(''));
  });
}

it('a large buffered answer passes whole, and its cost is had by id', async () => {
  const filler = 'x'.repeat(3 << 20);
  provider.on('test-large', (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({
      id: 'chatcmpl-large', object: 'chat.completion', created: 1, model: 'test-large',
      choices: [{ index: 0, message: { role: 'assistant', content: filler }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
    }));
  });

  const answer = await pulse.chat({ model: 'test-large' });
  const body = await answer.json();

  assert.equal(body.choices[0].message.content.length, filler.length);
  assert.ok(sameMoney((await pulse.record(answer.headers.get('x-pulse-request-id'))).cost, USAGE_COST));
});

it('a caller who does not read stops the provider; nothing piles up in Pulse, and nothing is lost', async () => {
  const event = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'test-flood', choices: [{ index: 0, delta: { content: 'y'.repeat(8000) } }] })}\n\n`;
  const count = Math.ceil((64 << 20) / event.length);
  let sent = 0;
  provider.on('test-flood', async (request, response) => {
    sseHead(response);
    for (sent = 0; sent < count; ++sent) {
      if (!response.write(event)) await new Promise((resolve) => { response.once('drain', resolve); });
    }
    response.end('data: [DONE]\n\n');
  });
  const residentBefore = pulse.residentKb();

  const answer = await pulse.chat({ model: 'test-flood', stream: true });
  let seen = -1;
  await until('the provider is stopped', () => {
    const stands = sent > 0 && sent === seen;
    seen = sent;
    return stands;
  });
  const stoppedAt = sent;
  const residentKb = pulse.residentKb() - residentBefore;
  const bytes = Buffer.from(await answer.arrayBuffer()).length;

  assert.ok(stoppedAt < count / 2, `${stoppedAt} of ${count} events had been sent`);
  assert.ok(residentKb < 8 * 1024, `${residentKb} KiB more than before`);
  assert.equal(bytes, count * event.length + 'data: [DONE]\n\n'.length);
});

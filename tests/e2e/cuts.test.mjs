// Streams that do not end: cut by the provider, and left by the caller, in every dialect. No client takes a cut for a
// success, and the ledger says once what was delivered.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { ConverseStreamCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { streamText } from 'ai';
import { get_encoding } from 'tiktoken';

import { CLIENTS, clientOf } from './clients.mjs';
import { ANTHROPICS, bedrockClient, cohereClient, GENAIS, startDialects } from './dialect_providers.mjs';
import { DIALECTS, geminiEventsAllFinished, streamFor } from './fake_dialects.mjs';
import { KEY, SLOWNESS, until } from './pulse_process.mjs';

const CLAUDE = 'claude-e2e-1';
const HI = [{ role: 'user', content: 'hi' }];
const TIMES = Number(process.env.PULSE_CUTS ?? 100);
const AT_ONCE = 10;
const QUIET_MS = 150 * SLOWNESS;

let provider;
let pulse;
before(async () => { ({ provider, pulse } = await startDialects()); });
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

const o200k = get_encoding('o200k_base');
const WORDS = Array.from({ length: 24 }, (_, i) => ` word${i} ünïcode 日本`);

/** The text of the deltas that were sent, per dialect. */
const textOf = {
  chat: (data) => data.choices?.[0]?.delta?.content ?? '',
  responses: (data) => (data.type === 'response.output_text.delta' ? data.delta : ''),
};
const deliveredText = (name, written) => written.map((event) => {
  const data = /^data: (\{.*\})$/m.exec(event.toString())?.[1];
  return data ? textOf[name](JSON.parse(data)) : '';
}).join('');

// ---- the provider breaks off

/** Sends the stream's events up to one and ends the connection in the middle of the body, or the body without its end. */
function breaking(how, keep) {
  return (request, response) => {
    const stream = streamFor(request);
    if (!stream) return false;
    const events = stream.events();
    const sent = events.slice(0, keep(events.length));
    response.writeHead(200, { 'content-type': stream.type });
    response.write(Buffer.concat(sent), () => {
      if (how === 'clean end') response.end();
      else setTimeout(() => response.destroy(), 20);
    });
    return true;
  };
}

const drained = async (iterable) => {
  let last;
  for await (const event of iterable) last = event;
  return last;
};

/** Every client as its users read a stream, to the end. Each must throw. */
const READERS = {
  ...Object.fromEntries(CLIENTS.flatMap(({ name, OpenAI }) => {
    const openai = () => clientOf(OpenAI, pulse, { maxRetries: 0 }).client;
    return [
      [`${name} chat`, async () => drained(await openai().chat.completions.create({ model: 'gpt-4o-mini', messages: HI, stream: true }))],
      [`${name} chat, the helper`, () => {
        const { chat, beta } = openai();
        return (chat.completions.stream ? chat : beta.chat).completions.stream({ model: 'gpt-4o-mini', messages: HI }).finalChatCompletion();
      }],
      [`${name} responses, the helper`, () => openai().responses.stream({ model: 'gpt-4o-mini', input: 'hi' }).finalResponse()],
      [`${name} responses`, async () => drained(await openai().responses.create({ model: 'gpt-4o-mini', input: 'hi', stream: true }))],
    ];
  })),
  ...Object.fromEntries(ANTHROPICS.flatMap(({ name, Anthropic }) => {
    const anthropic = () => new Anthropic({ baseURL: pulse.origin, apiKey: KEY, maxRetries: 0 });
    const ask = { model: CLAUDE, max_tokens: 100, messages: HI };
    return [
      [`${name} raw`, async () => drained(await anthropic().messages.create({ ...ask, stream: true }))],
      [`${name} helper`, () => anthropic().messages.stream(ask).finalMessage()],
    ];
  })),
  ...Object.fromEntries(GENAIS.map(({ name, GoogleGenAI }) => [`${name}`, async () => {
    const gemini = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: pulse.origin, retryOptions: { attempts: 1 } } });
    return drained(await gemini.models.generateContentStream({ model: 'gemini-2.5-flash', contents: 'hi' }));
  }])),
  'Gemini array, parsed': async () => {
    const answer = await pulse.post(DIALECTS.geminiArray.path('gemini-2.5-flash'), DIALECTS.geminiArray.body());
    const chunks = await answer.json();
    const error = [chunks].flat().find((chunk) => chunk.error);
    if (error) throw Object.assign(new Error(error.error.message), error.error);
  },
  'aws converse-stream': async () => drained((await bedrockClient(pulse).send(new ConverseStreamCommand({
    modelId: DIALECTS.converse.model, messages: [{ role: 'user', content: [{ text: 'hi' }] }],
  }))).stream),
  'aws invoke stream': async () => drained((await bedrockClient(pulse).send(new InvokeModelWithResponseStreamCommand({
    modelId: DIALECTS.invoke.model, contentType: 'application/json', body: JSON.stringify(DIALECTS.invoke.body()),
  }))).body),
  'cohere-ai': async () => {
    const last = await drained(await cohereClient(pulse).chatStream({ model: DIALECTS.cohere.model, messages: HI }, { maxRetries: 0 }));
    // Cohere's client yields errors as its API says them: in the last event.
    if (last.type === 'message-end' && last.delta.finishReason === 'ERROR') throw new Error(last.delta.error ?? 'ERROR');
  },
  ...Object.fromEntries(['openai chat', 'openai responses', 'anthropic'].map((name) => [`ai 7 ${name}`, async () => {
    const openai = createOpenAI({ baseURL: pulse.baseURL, apiKey: KEY });
    const model = name === 'anthropic' ? createAnthropic({ baseURL: pulse.baseURL, apiKey: KEY })(CLAUDE) : openai[name.split(' ')[1]]('gpt-4o-mini');
    let failure;
    for await (const part of streamText({ model, prompt: 'hi', maxRetries: 0, onError: () => {} }).fullStream) if (part.type === 'error') failure = part.error;
    if (failure) throw failure;
  }])),
};

// Perplexity and others send no [DONE], and on Bedrock the stop reason is told before the last event: the answer is whole.
const NEED_NO_TERMINATOR = /^openai \d chat|^ai 7 openai chat|invoke/;

describe('a stream that the provider breaks off is an error to every client', () => {
  const places = { 'before any event': () => 0, 'after the first event': () => 1, 'in its middle': (count) => Math.ceil(count / 2), 'before its last event': (count) => count - 1 };
  for (const [client, read] of Object.entries(READERS)) {
    it(client, async () => {
      const wrong = [];
      for (const how of ['reset', 'clean end']) {
        for (const [place, keep] of Object.entries(places)) {
          if (how === 'clean end' && place === 'before its last event' && NEED_NO_TERMINATOR.test(client)) continue;
          provider.special = breaking(how, keep);
          try {
            await read();
            wrong.push(`${how} ${place}: taken for a success`);
          } catch (error) {
            assert.ok(error instanceof Error, `${how} ${place}: ${error}`);
          } finally {
            provider.special = () => false;
          }
        }
      }
      assert.deepEqual(wrong, []);
    });
  }
});

describe('what was delivered before the cut is billed', () => {
  const STATE_INPUT_FIRST = new Set(['messages', 'geminiSse', 'geminiArray', 'invoke']);
  for (const [name, { path, body, model, type, events: eventsOf }] of Object.entries(DIALECTS)) {
    it(name, async () => {
      const events = eventsOf(model, WORDS);
      const sent = events.slice(0, Math.floor(events.length * 0.7));
      provider.special = (request, response) => {
        response.writeHead(200, { 'content-type': type });
        response.write(Buffer.concat(sent), () => setTimeout(() => response.destroy(), 20));
        return true;
      };
      let answer;
      try {
        answer = await pulse.post(path(model), body(model));
        await answer.arrayBuffer().catch(() => {});
      } finally {
        provider.special = () => false;
      }

      const row = await pulse.record(answer.headers.get('x-pulse-request-id'));
      assert.equal(row.outcome, 'cut');
      assert.equal(row.usage_source, 'counted');
      if (textOf[name]) assert.equal(row.billable.output_total, o200k.encode(deliveredText(name, sent)).length);
      else assert.ok(row.billable.output_total > 20, `${row.billable.output_total} tokens for more than ten words`);
      // What the stream says of its input when it begins is exact, whatever becomes of its end.
      if (STATE_INPUT_FIRST.has(name)) assert.equal(row.billable.input_uncached, 12);
      assert.notEqual(row.cost_status, 'exact');
    });
  }
});

// ---- the caller leaves

const KINDS_THAT_DRAIN = new Set(['gemini', 'bedrock']);
/** When a call of this fake was closed, and what had been written to it by then. */
class HeldStreams {
  constructor() {
    this.calls = new Map();
  }

  /** Writes `count` events and holds; the rest follows when the test lets it. */
  special(name, count) {
    return (request, response) => {
      const stream = streamFor(request);
      if (!stream) return false;
      const events = stream.events(WORDS);
      const keep = count(events.length);
      const call = { written: events.slice(0, keep), closedAt: undefined };
      call.closed = new Promise((resolve) => response.once('close', () => { call.closedAt = performance.now(); resolve(); }));
      call.finish = () => response.end(Buffer.concat(events.slice(keep)));
      this.calls.set(request.headers['x-client-request-id'], call);
      response.writeHead(200, { 'content-type': stream.type });
      response.write(Buffer.concat(call.written));
      return true;
    };
  }
}

/** Reads until all that the provider wrote has come, then leaves. */
async function leave(name, tag, expectedBytes, { port } = pulse) {
  const { path, body, model } = DIALECTS[name];
  const bytes = Buffer.from(JSON.stringify(body(model)));
  const request = http.request({
    host: '127.0.0.1', port, method: 'POST', path: path(model), agent: false,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'content-length': bytes.length, 'x-client-request-id': tag },
  });
  request.on('error', () => {});
  request.end(bytes);
  const [response] = await once(request, 'response', { signal: AbortSignal.timeout(15_000 * SLOWNESS) });
  response.on('error', () => {});
  // Pulse may keep the last chunk back, to send it with the end.
  let seen = 0;
  await new Promise((resolve) => {
    const quiet = setTimeout(resolve, QUIET_MS);
    response.on('data', (part) => {
      seen += part.length;
      if (seen >= expectedBytes) resolve();
      else quiet.refresh();
    });
  });
  request.destroy();
  return { id: response.headers['x-pulse-request-id'], leftAt: performance.now() };
}

/** What has been shown to the caller when `written` is; Pulse holds back nothing but usage that was not asked for. */
const shownBytes = (name, written) =>
  Buffer.concat(name === 'chat' ? written.filter((event) => !event.includes('"choices":[]')) : written).length;

/** The rows of the ledger, when no more come. */
async function rowsWritten() {
  const count = () => pulse.metric('pulse_rows_written_total', { table: 'ai_request_log' });
  for (let before = await count(); ;) {
    await pause(300 * SLOWNESS);
    const now = await count();
    if (now === before) return now;
    before = now;
  }
}

/** Runs `work` for 0 … TIMES-1, some at a time. */
async function manyTimes(work) {
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < TIMES) await work(next++);
  }));
}

describe(`a caller who leaves, ${TIMES} times each`, () => {
  const places = { 'at the first event': () => 1, 'in the middle': (count) => Math.floor(count / 2), 'at the last event': (count) => count - 2, 'before the terminator': (count) => count - 1 };
  for (const [name, { provider: kind }] of Object.entries(DIALECTS)) {
    const drains = KINDS_THAT_DRAIN.has(kind);
    for (const [place, count] of Object.entries(places)) {
      it(`${name} ${place}: ${drains ? 'read on for its usage' : 'the provider is stopped'}, one row`, async () => {
        const held = new HeldStreams();
        const writtenBefore = await rowsWritten();
        provider.special = held.special(name, count);
        const waits = [];
        const ids = [];
        const rows = [];
        try {
          const events = DIALECTS[name].events(DIALECTS[name].model, WORDS);
          const shown = shownBytes(name, events.slice(0, count(events.length)));
          await manyTimes(async (i) => {
            const tag = `${name}-${i}`;
            const { id, leftAt } = await leave(name, tag, shown);
            const call = held.calls.get(tag);
            if (drains) setTimeout(call.finish, 20);
            await until(`the provider's connection of ${tag} is done with`, () => call.closedAt);
            waits.push(call.closedAt - leftAt);
            ids.push(id);
            rows.push({ row: await pulse.record(id), call });
          });
        } finally {
          provider.special = () => false;
        }

        assert.equal(new Set(ids).size, TIMES);
        assert.equal(await rowsWritten() - writtenBefore, TIMES);
        for (const { row, call } of rows) {
          assert.equal(row.outcome, 'caller_gone');
          assert.equal(row.stream, true);
          if (drains) {
            assert.equal(row.usage_source, 'provider');
            assert.deepEqual([row.billable.input_uncached, row.billable.output_total], [12, 5]);
          } else if (row.usage_source === 'provider') {
            // The usage was among what had come.
            assert.ok(call.written.some((event) => /"usage":\s*\{[^}]*output_tokens":5|"completion_tokens":5/.test(event.toString())), `${name}: no usage was sent`);
          } else {
            assert.equal(row.usage_source, 'counted');
            if (textOf[name]) assert.equal(row.billable.output_total, o200k.encode(deliveredText(name, call.written)).length);
            assert.ok(Number(row.cost) > 0);
          }
        }
        if (!drains) {
          // On a busy machine some wait for the processor, this one's or Pulse's.
          waits.sort((a, b) => a - b);
          const [half, worst] = [waits[Math.floor(TIMES / 2)], waits.at(-1)];
          assert.ok(half < 1000 * SLOWNESS && worst < 15_000 * SLOWNESS, `the provider was let go after ${half.toFixed(1)} ms, at worst ${worst.toFixed(1)} ms`);
        }
      });
    }
  }
});

it('`on_disconnect` turns the policy of a provider round', async () => {
  const turned = await startDialects({ more: { openai: { on_disconnect: 'drain' }, gemini: { on_disconnect: 'cancel' } } });
  try {
    for (const [name, drains] of [['chat', true], ['messages', false], ['geminiSse', false], ['converse', true]]) {
      const held = new HeldStreams();
      turned.provider.special = held.special(name, (count) => Math.floor(count / 2));
      const events = DIALECTS[name].events(DIALECTS[name].model, WORDS);
      const { id } = await leave(name, name, shownBytes(name, events.slice(0, Math.floor(events.length / 2))), turned.pulse);
      const call = held.calls.get(name);
      if (drains) {
        await pause(100 * SLOWNESS);
        assert.equal(call.closedAt, undefined, `${name} was stopped`);
        call.finish();
      }
      await until(`${name} is done with`, () => call.closedAt);
      const row = await turned.pulse.record(id);
      assert.equal(row.outcome, 'caller_gone');
      assert.equal(row.usage_source, drains ? 'provider' : 'counted', name);
      assert.ok(row.billable.output_total > 0, name);
    }
  } finally {
    await turned.pulse.stop();
    await turned.provider.stop();
  }
});

// ---- nothing is kept back

describe('an event is shown when it is sent, not with the next one', () => {
  const cases = { ...DIALECTS, 'geminiSse, finished in every event': { ...DIALECTS.geminiSse, events: geminiEventsAllFinished, late: 1 } };
  for (const [name, { path, body, model, type, events: eventsOf, late = 0 }] of Object.entries(cases)) {
    it(name, async () => {
      const sent = eventsOf(model, WORDS);
      // The last ones may leave together, usage, cost and terminator in one write; each may be the last where each says so.
      const inTurn = sent.length - 3;
      let next = () => {};
      provider.special = (request, response) => {
        if (!streamFor(request)) return false;
        response.writeHead(200, { 'content-type': type });
        let at = 0;
        next = () => (at < inTurn ? response.write(sent[at++]) : response.end(Buffer.concat(sent.slice(at))));
        for (let i = 0; i <= late; ++i) next();
        return true;
      };
      try {
        const answer = await fetch(pulse.origin + path(model), {
          method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ...body(model), ...(name === 'chat' ? { stream_options: { include_usage: true } } : {}) }), signal: AbortSignal.timeout(20_000 * SLOWNESS),
        });
        const reader = answer.body.getReader();
        let shown = 0;
        for (let i = 0, due = 0; i < inTurn; ++i) {
          due += sent[i].length;
          while (shown < due) {
            const { value, done } = await reader.read();
            assert.ok(!done, `the stream ended after event ${i}`);
            shown += value.length;
          }
          next();
        }
        while (!(await reader.read()).done);
      } finally {
        provider.special = () => false;
      }
    });
  }
});

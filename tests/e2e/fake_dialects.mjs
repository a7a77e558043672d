// What providers of other dialects than OpenAI's chat answer: buffered, and streamed event by event. Every answer says
// the same usage, 12 tokens in and 5 out, and so does the ledger.
import { Buffer } from 'node:buffer';

import { EventStreamCodec } from '@smithy/core/event-streams';

import { completion, streamEvents } from './fake_provider.mjs';

const CREATED = 1795168800;
export const TEXT = 'Hello from the provider.';
export const CONTENTS = ['Hello', ' from', ' the', ' stream.'];
export const STREAMED = CONTENTS.join('');

const sse = (event, data) => Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
const typed = (data) => sse(data.type, data);

// ---- Anthropic

const anthropicUsage = { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5, service_tier: 'standard' };

export const anthropicMessage = (model, text = TEXT) => ({
  id: 'msg_e2e0123456789', type: 'message', role: 'assistant', model, content: [{ type: 'text', text }],
  stop_reason: 'end_turn', stop_sequence: null, usage: anthropicUsage,
});

export const anthropicEvents = (model, contents = CONTENTS) => [
  typed({ type: 'message_start', message: { ...anthropicMessage(model), content: [], stop_reason: null, usage: { ...anthropicUsage, output_tokens: 1 } } }),
  typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  typed({ type: 'ping' }),
  ...contents.map((text) => typed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
  typed({ type: 'content_block_stop', index: 0 }),
  typed({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } }),
  typed({ type: 'message_stop' }),
];

// ---- Gemini

const geminiUsage = { promptTokenCount: 12, candidatesTokenCount: 5, totalTokenCount: 17 };

export const geminiAnswer = (model, text = TEXT, finishReason = 'STOP') => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, ...(finishReason ? { finishReason } : {}), index: 0 }],
  usageMetadata: geminiUsage, modelVersion: model, responseId: 'e2e0123456789',
});

const geminiChunks = (model, contents) => contents.map((text, i) => ({
  ...geminiAnswer(model, text, i === contents.length - 1 ? 'STOP' : null),
  ...(i === contents.length - 1 ? {} : { usageMetadata: { promptTokenCount: 12, totalTokenCount: 12 } }),
}));
export const geminiEvents = (model, contents = CONTENTS) =>
  geminiChunks(model, contents).map((chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`));
/** As Gemini 1.5 did: each event says that it is finished. */
export const geminiEventsAllFinished = (model, contents = CONTENTS) =>
  contents.map((text) => Buffer.from(`data: ${JSON.stringify(geminiAnswer(model, text))}\r\n\r\n`));
export const geminiArray = (model, contents = CONTENTS) =>
  [...geminiChunks(model, contents).map((chunk, i) => Buffer.from(`${i === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk, null, 2)}`)), Buffer.from(']')];

// ---- Bedrock

const codec = new EventStreamCodec((bytes) => Buffer.from(bytes).toString(), (text) => Buffer.from(text));
export const frame = (headers, body) => Buffer.from(codec.encode({
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }])),
  body: Buffer.from(JSON.stringify(body)),
}));
const awsEvent = (type, body) => frame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, body);

const converseUsage = { inputTokens: 12, outputTokens: 5, totalTokens: 17 };

export const converseAnswer = () => ({
  metrics: { latencyMs: 7 }, output: { message: { content: [{ text: TEXT }], role: 'assistant' } }, stopReason: 'end_turn', usage: converseUsage,
});

export const converseEvents = (_model, contents = CONTENTS) => [
  awsEvent('messageStart', { p: 'ab', role: 'assistant' }),
  ...contents.map((text) => awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text }, p: 'abc' })),
  awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
  awsEvent('messageStop', { stopReason: 'end_turn' }),
  awsEvent('metadata', { metrics: { latencyMs: 7 }, usage: converseUsage }),
];

export const invokeEvents = (model, contents = CONTENTS) => {
  const events = anthropicEvents(model, contents).map((event) => JSON.parse(/^data: (.*)$/m.exec(event.toString())[1]));
  events.at(-1)['amazon-bedrock-invocationMetrics'] = { inputTokenCount: 12, outputTokenCount: 5, invocationLatency: 7, firstByteLatency: 3 };
  return events.map((event) => awsEvent('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64') }));
};

// ---- Cohere

const cohereUsage = { billed_units: { input_tokens: 12, output_tokens: 5 }, tokens: { input_tokens: 512, output_tokens: 6 } };

export const cohereAnswer = () => ({
  id: 'e2e', finish_reason: 'COMPLETE', message: { role: 'assistant', content: [{ type: 'text', text: TEXT }] }, usage: cohereUsage,
});

export const cohereEvents = (_model, contents = CONTENTS) => [
  typed({ id: 'e2e', type: 'message-start', delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } } }),
  typed({ type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
  ...contents.map((text) => typed({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } })),
  typed({ type: 'content-end', index: 0 }),
  typed({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: cohereUsage } }),
];

// ---- OpenAI Responses

const responsesUsage = { input_tokens: 12, input_tokens_details: { cached_tokens: 0 }, output_tokens: 5, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 17 };

const outputMessage = (text, status = 'completed') =>
  ({ id: 'msg_e2e', type: 'message', role: 'assistant', status, content: [{ type: 'output_text', text, annotations: [], logprobs: [] }] });

export const responseObject = (model, text = TEXT, more = {}) => ({
  id: 'resp_e2e0123456789', object: 'response', created_at: CREATED, status: 'completed', background: false, error: null,
  incomplete_details: null, instructions: null, metadata: {}, model, output: [outputMessage(text)], parallel_tool_calls: true,
  temperature: 1, top_p: 1, tool_choice: 'auto', tools: [], truncation: 'disabled', service_tier: 'default', usage: responsesUsage, ...more,
});

export const responsesEvents = (model, contents = CONTENTS) => {
  const text = contents.join('');
  const begun = responseObject(model, '', { status: 'in_progress', output: [], usage: null });
  const part = { item_id: 'msg_e2e', output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    { type: 'response.output_item.added', output_index: 0, item: { ...outputMessage('', 'in_progress'), content: [] } },
    { type: 'response.content_part.added', ...part, part: { type: 'output_text', text: '', annotations: [] } },
    ...contents.map((delta) => ({ type: 'response.output_text.delta', ...part, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...part, text, logprobs: [] },
    { type: 'response.content_part.done', ...part, part: { type: 'output_text', text, annotations: [] } },
    { type: 'response.output_item.done', output_index: 0, item: outputMessage(text) },
    { type: 'response.completed', response: responseObject(model, text) },
  ];
  return events.map((event, sequence_number) => typed({ ...event, sequence_number }));
};

// ---- OpenAI chat

export const chatEvents = (model, contents = CONTENTS, includeUsage = true) =>
  streamEvents(model, contents, { includeUsage }).map((event) => Buffer.from(event));

const SSE = 'text/event-stream; charset=utf-8';
const EVENTSTREAM = 'application/vnd.amazon.eventstream';

/** Where each dialect's calls go, what they say, and what comes back. `model` stands in the body where no path names it. */
export const DIALECTS = {
  chat: {
    path: () => '/v1/chat/completions', body: (model) => ({ model, messages: [{ role: 'user', content: 'hi' }], stream: true }),
    model: 'gpt-4o-mini', type: SSE, events: chatEvents, dialect: 'openai', provider: 'openai',
  },
  responses: {
    path: () => '/v1/responses', body: (model) => ({ model, input: 'hi', stream: true }),
    model: 'gpt-4o-mini', type: SSE, events: responsesEvents, dialect: 'openai', provider: 'openai',
  },
  messages: {
    path: () => '/v1/messages', body: (model) => ({ model, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }], stream: true }),
    model: 'claude-sonnet-4-5', type: SSE, events: anthropicEvents, dialect: 'anthropic', provider: 'anthropic',
  },
  geminiSse: {
    path: (model) => `/v1beta/models/${model}:streamGenerateContent?alt=sse`, body: () => ({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    model: 'gemini-2.5-flash', type: 'text/event-stream', events: geminiEvents, dialect: 'gemini', provider: 'gemini',
  },
  geminiArray: {
    path: (model) => `/v1beta/models/${model}:streamGenerateContent`, body: () => ({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    model: 'gemini-2.5-flash', type: 'application/json; charset=UTF-8', events: geminiArray, dialect: 'gemini', provider: 'gemini',
  },
  converse: {
    path: (model) => `/model/${encodeURIComponent(model)}/converse-stream`, body: () => ({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] }),
    model: 'anthropic.claude-3-5-sonnet-20240620-v1:0', type: EVENTSTREAM, events: converseEvents, dialect: 'bedrock', provider: 'bedrock',
  },
  invoke: {
    path: (model) => `/model/${encodeURIComponent(model)}/invoke-with-response-stream`,
    body: () => ({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }),
    model: 'anthropic.claude-3-5-sonnet-20240620-v1:0', type: EVENTSTREAM, events: invokeEvents, dialect: 'bedrock', provider: 'bedrock',
  },
  cohere: {
    path: () => '/v2/chat', body: (model) => ({ model, messages: [{ role: 'user', content: 'hi' }], stream: true }),
    model: 'command-a-03-2025', type: SSE, events: cohereEvents, dialect: 'cohere', provider: 'cohere',
  },
};

/** The stream that a request asks for: its content type and its events. Undefined: it asks for none. */
export function streamFor({ url, json }) {
  const path = url.split('?')[0];
  const inPath = /\/models?\/([^/:]+(?:%3A[^/:]*)?)/.exec(path)?.[1];
  const model = decodeURIComponent(inPath ?? json?.model ?? '');
  const of = (name, ...more) => ({ type: DIALECTS[name].type, events: (contents) => DIALECTS[name].events(model, contents, ...more) });
  if (path.endsWith(':streamGenerateContent')) return of(url.includes('alt=sse') ? 'geminiSse' : 'geminiArray');
  if (path.endsWith(':streamRawPredict')) return of('messages');
  if (path.endsWith('/converse-stream')) return of('converse');
  if (path.endsWith('/invoke-with-response-stream')) return of('invoke');
  if (!json?.stream) return undefined;
  if (path.endsWith('/chat/completions')) return of('chat', json.stream_options?.include_usage === true);
  if (path.endsWith('/responses')) return of('responses');
  if (path.endsWith('/messages')) return of('messages');
  return path.endsWith('/v2/chat') ? of('cohere') : undefined;
}

/** The buffered answer to a request, by its path. Undefined: this fake has none. */
export function answerFor({ method, url, json }) {
  const path = url.split('?')[0];
  const last = path.split('/').at(-1);
  const model = decodeURIComponent(/\/models?\/(.+?)(?::[a-zA-Z]+|\/[a-z-]+)$/.exec(path)?.[1] ?? json?.model ?? '');
  if (path.endsWith('/messages/count_tokens') || path.endsWith('/count-tokens:rawPredict')) return { input_tokens: 14 };
  if (path.endsWith('/messages') || path.endsWith(':rawPredict')) return anthropicMessage(model);
  if (path.endsWith(':generateContent')) return geminiAnswer(model);
  if (path.endsWith(':countTokens')) return { totalTokens: 14, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 14 }] };
  if (path.endsWith(':embedContent')) return { embedding: { values: [0.25, -0.5] } };
  if (path.endsWith(':batchEmbedContents')) return { embeddings: json.requests.map(() => ({ values: [0.25, -0.5] })) };
  if (path.endsWith('/converse')) return converseAnswer();
  if (path.endsWith('/invoke')) return anthropicMessage(model);
  if (path.endsWith('/chat/completions')) return completion(model);
  if (path === '/v2/chat') return cohereAnswer();
  if (path === '/v2/embed') return { id: 'e2e', embeddings: { float: [[0.25, -0.5]] }, texts: json.texts, meta: { api_version: { version: '2' }, billed_units: { input_tokens: 12 } } };
  if (path === '/v2/rerank') return { id: 'e2e', results: [{ index: 0, relevance_score: 0.9 }], meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } } };
  if (method === 'POST' && last === 'responses') {
    return json.background ? responseObject(model, '', { status: 'queued', background: true, output: [], usage: null }) : responseObject(model);
  }
  if (last === 'embeddings') return { object: 'list', model, data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }], usage: { prompt_tokens: 12, total_tokens: 12 } };
  if (last === 'moderations') return { id: 'modr-e2e', model: 'omni-moderation-latest', results: [{ flagged: false, categories: {}, category_scores: {} }] };
  if (last === 'generations' || last === 'edits') {
    return {
      created: CREATED, data: [{ b64_json: 'aGk=' }],
      usage: { total_tokens: 17, input_tokens: 12, output_tokens: 5, input_tokens_details: { text_tokens: 12, image_tokens: 0 } },
    };
  }
  if (last === 'transcriptions') return { text: 'Hello.', usage: { type: 'tokens', input_tokens: 12, input_token_details: { text_tokens: 2, audio_tokens: 10 }, output_tokens: 5, total_tokens: 17 } };
  return undefined;
}

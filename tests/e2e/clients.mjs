// The official client in the majors that people run, all with the same face.
import OpenAI4 from 'openai4';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';

import { KEY } from './pulse_process.mjs';

export const CLIENTS = [
  { name: 'openai 4', OpenAI: OpenAI4 },
  { name: 'openai 6', OpenAI: OpenAI6 },
  { name: 'openai 7', OpenAI: OpenAI7 },
];

/** A client of `pulse` that counts the calls that really leave it (`calls.length`). */
export function clientOf(OpenAI, pulse, { key = KEY, maxRetries = 2, ...more } = {}) {
  const calls = [];
  const client = new OpenAI({
    baseURL: pulse.baseURL, apiKey: key, maxRetries, ...more,
    fetch: (...request) => { calls.push(request); return fetch(...request); },
  });
  return { client, calls };
}

export const MESSAGES = [{ role: 'user', content: 'Say hello.' }];

export async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, text: chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('') };
}

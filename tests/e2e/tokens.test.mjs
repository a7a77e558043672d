// `pulse tokens count` against OpenAI's own tokenizer (npm tiktoken, encode_ordinary): no token may differ.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { get_encoding as getEncoding } from 'tiktoken';

import { BINARY } from './pulse_process.mjs';
import { codePoints, mixedTexts, rows } from './token_texts.mjs';

const ENCODINGS = ['o200k_base', 'cl100k_base', 'p50k_base'];

function count(args, input) {
  return spawnSync(BINARY, ['tokens', 'count', ...args], { input, maxBuffer: 1 << 30, encoding: 'utf8' });
}

function tokensOf(encoding, texts) {
  const input = texts.map((text) => `${JSON.stringify(text)}\n`).join('');
  const { status, stdout, stderr } = count(['--encoding', encoding, '--jsonl', '--ids'], input);
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
}

function assertSameTokens(encoding, texts) {
  const reference = getEncoding(encoding);
  const ours = tokensOf(encoding, texts);
  assert.equal(ours.length, texts.length);
  const different = texts.filter((text, i) => {
    const theirs = reference.encode_ordinary(text);
    return theirs.length !== ours[i].length || theirs.some((id, at) => id !== ours[i][at]);
  });
  reference.free();
  assert.deepEqual(different.slice(0, 3).map((text) => JSON.stringify(text)), [], `${different.length} of ${texts.length} differ`);
}

for (const encoding of ENCODINGS) {
  describe(encoding, () => {
    it('has the tokens of 16,000 texts of all kinds', () => assertSameTokens(encoding, mixedTexts(16000)));
    it('has the tokens of rows of the same', () => assertSameTokens(encoding, rows()));
    // PULSE_EVERY_CODE_POINT=1: all 1,112,064 of them, which takes a minute or two.
    it('has the tokens of every code point in four contexts', () => {
      assertSameTokens(encoding, codePoints({ every: Boolean(process.env.PULSE_EVERY_CODE_POINT) }));
    });
  });
}

describe('pulse tokens count', () => {
  let folder;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-tokens-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('prints the count of standard input, of o200k_base unless told otherwise', () => {
    assert.equal(count([], 'hello world').stdout, '2\n');
    assert.equal(count(['--encoding', 'p50k_base'], 'a     b').stdout, '3\n');
    assert.equal(count(['--ids'], 'hello world').stdout, '[24912,2375]\n');
    assert.equal(count(['--ids', '--model', 'gpt-4-turbo'], 'hello world').stdout, '[15339,1917]\n');
  });

  it('reads a file', () => {
    const file = path.join(folder, 'text');
    writeFileSync(file, 'hello world\n');
    assert.equal(count([file], '').stdout, '3\n');
    assert.deepEqual(JSON.parse(count(['--json', '--ids', file], '').stdout), { encoding: 'o200k_base', tokens: 3, ids: [24912, 2375, 198] });
  });

  it('gives each line of --jsonl its own', () => {
    assert.equal(count(['--jsonl'], '"hello world"\n"\\u4f60\\u597d"\n""').stdout, '2\n1\n0\n');
  });

  it('takes halves of surrogate pairs and broken UTF-8 as U+FFFD', () => {
    const replaced = count(['--ids'], 'a\ufffdb').stdout;
    assert.equal(count(['--jsonl', '--ids'], '"a\\ud800b"\n').stdout, replaced);
    assert.equal(count(['--jsonl', '--ids'], '"a\\udc00b"\n').stdout, replaced);
    assert.equal(count(['--ids'], Buffer.from([0x61, 0xf0, 0x9f, 0x98, 0x62])).stdout, replaced);
    assert.equal(count(['--jsonl', '--ids'], '"\\ud83d\\ude00"\n').stdout, count(['--ids'], '😀').stdout);
    assert.equal(count(['--jsonl', '--ids'], '"\\\\ud800"\n').stdout, count(['--ids'], '\\ud800').stdout);
  });

  it('says what is wrong and how to put it right', () => {
    const wrong = [
      [['--encoding', 'gpt2'], '', /unknown encoding 'gpt2'.*o200k_base/],
      [['--model', 'claude-sonnet-4-5'], '', /'claude-sonnet-4-5'.*--encoding o200k_base/],
      [['--model', 'gpt-4o', '--encoding', 'o200k_base'], '', /--encoding and --model/],
      [['--jsonl'], '"a"\nnot json\n', /line 2 is not a JSON string/],
      [['--jsonl'], '{"text":"a"}\n', /line 1 is not a JSON string/],
      [[path.join(folder, 'absent')], '', /cannot read .*absent/],
      [[folder], '', /cannot read/],
    ];
    for (const [args, input, expected] of wrong) {
      const { status, stderr } = count(args, input);
      assert.equal(status, 2, `${args}: ${stderr}`);
      assert.match(stderr, expected);
    }
  });
});

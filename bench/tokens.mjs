// Called by bench/tokens.sh. Prints a Markdown table: MB/s of three tokenizers on the same texts, best of the rounds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    program: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'string', default: path.join(ROOT, 'build/token-data') },
    reference: { type: 'string', default: path.join(ROOT, 'tests/e2e') },
  },
});
const gptTokenizer = createRequire(path.join(options.peers, 'x'))('gpt-tokenizer/encoding/o200k_base');
const tiktoken = createRequire(path.join(options.reference, 'x'))('tiktoken').get_encoding('o200k_base');

const SIZE = 100_000;

function* filesBelow(folder, ending) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(name, ending);
    else if (entry.isFile() && entry.name.endsWith(ending)) yield name;
  }
}

function textOf(files, size) {
  let text = '';
  for (const file of files) {
    if (text.length >= size) break;
    text += readFileSync(file, 'utf8');
  }
  return text;
}

/** The translations in the machine's message catalogues (GNU gettext, .mo) of a language. */
function messages(language, size) {
  let text = '';
  for (const file of filesBelow(`/usr/share/locale/${language}/LC_MESSAGES`, '.mo')) {
    const bytes = readFileSync(file);
    if (text.length >= size || bytes.readUInt32LE(0) !== 0x950412de) continue;
    const count = bytes.readUInt32LE(8);
    const table = bytes.readUInt32LE(16);
    for (let i = 1; i < count; i += 1) {
      const at = bytes.readUInt32LE(table + 8 * i + 4);
      text += `${bytes.toString('utf8', at, at + bytes.readUInt32LE(table + 8 * i))}\n`;
    }
  }
  return text;
}

/** At most `size` bytes of UTF-8. */
function cutTo(text, size) {
  const bytes = Buffer.from(text.slice(0, size));
  return bytes.subarray(0, size).toString('utf8').replace(/\ufffd+$/, '');
}

function random(size, of) {
  let state = 1;
  let text = '';
  while (text.length < size) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += of[Math.floor((state / 2 ** 32) * of.length)];
  }
  return text;
}

// tiktoken and gpt-tokenizer take time as the square of a row's length: hence 5 KB. gpt-tokenizer keeps the pieces it has met; that is
// left on for texts, where it helps as it would in use, and cleared for the rows, which are one piece.
const TEXTS = {
  'English (licences)': () => textOf(filesBelow('/usr/share/common-licenses', ''), SIZE),
  'C++ (this repository)': () => textOf(filesBelow(path.join(ROOT, 'net'), '.cpp'), SIZE),
  'Python (its library)': () => textOf(filesBelow(readdirSync('/usr/lib').filter((n) => n.startsWith('python3.')).map((n) => `/usr/lib/${n}`)[0] ?? '/usr/lib/python3', '.py'), SIZE),
  'JSON (prices)': () => readFileSync(path.join(ROOT, 'pricing/catalog/builtin.json'), 'utf8'),
  'French (messages)': () => messages('fr', SIZE),
  'Chinese (messages)': () => messages('zh_CN', SIZE),
  base64: () => random(SIZE, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'),
  'code, 20 MB (/usr/include)': () => textOf(filesBelow('/usr/include', '.h'), 200 * SIZE),
  'random letters, 5 KB': () => random(5000, 'abcdefghijklmnopqrstuvwxyz'),
  "'a', 5 KB": () => 'a'.repeat(5000),
  "'-', 5 KB": () => '-'.repeat(5000),
  'spaces, 5 KB': () => ' '.repeat(5000),
};

/** Seconds of one call, the best of as many as fit into a quarter of a second. */
function secondsOf(call) {
  let best = Infinity;
  for (const until = performance.now() + 250; ; ) {
    const began = performance.now();
    call();
    const ended = performance.now();
    best = Math.min(best, (ended - began) / 1000);
    if (ended > until) return best;
  }
}

function ours(file) {
  const { stdout, stderr, status } = spawnSync(options.program, [file, '--benchmark_format=json', '--benchmark_min_time=0.25'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [measured] = JSON.parse(stdout).benchmarks;
  return { seconds: measured.cpu_time / 1e6, tokens: measured.tokens };
}

function countAnew(text, isRow) {
  if (isRow) gptTokenizer.clearMergeCache();
  return gptTokenizer.countTokens(text);
}

function measure(text, folder) {
  const file = path.join(folder, 'text');
  writeFileSync(file, text);
  const isHuge = text.length > 10 * SIZE;
  const best = { pulse: Infinity, gptTokenizer: Infinity, tiktoken: Infinity };
  const counts = new Set();
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const { seconds, tokens } = ours(file);
    counts.add(tokens);
    best.pulse = Math.min(best.pulse, seconds);
    best.gptTokenizer = Math.min(best.gptTokenizer, secondsOf(() => counts.add(countAnew(text, text.length < SIZE / 10))));
    // tiktoken takes five seconds for the 20 MB: once is enough.
    if (!isHuge || round === 0) best.tiktoken = Math.min(best.tiktoken, secondsOf(() => counts.add(tiktoken.encode_ordinary(text).length)));
  }
  if (counts.size !== 1) throw new Error(`they do not agree: ${[...counts]}`);
  return { bytes: statSync(file).size, tokens: [...counts][0], best };
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-tokens-'));
console.log('| text | bytes | tokens | Pulse MB/s | gpt-tokenizer MB/s (Pulse ×) | tiktoken MB/s (Pulse ×) |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
for (const [name, make] of Object.entries(TEXTS)) {
  let text = '';
  try {
    text = cutTo(make(), name.includes('20 MB') ? 200 * SIZE : SIZE);
  } catch (error) {
    console.log(`| ${name} | not on this machine: ${error.code ?? error.message} | | | | |`);
    continue;
  }
  const { bytes, tokens, best } = measure(text, folder);
  const rate = (seconds) => bytes / seconds / 1e6;
  const peer = (seconds) => (Number.isFinite(seconds) ? `${rate(seconds).toPrecision(3)} (${(seconds / best.pulse).toPrecision(3)})` : '');
  console.log(`| ${name} | ${bytes} | ${tokens} | ${rate(best.pulse).toPrecision(3)} | ${peer(best.gptTokenizer)} | ${peer(best.tiktoken)} |`);
}
rmSync(folder, { recursive: true });

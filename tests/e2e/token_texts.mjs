// Texts for the comparison of tokenizers: the same on every run, made to hit what patterns and merges tell apart.

/** A generator of numbers below n (mulberry32). */
export function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const PARTS = [
  "'s", "'S", "'ſ", "'re", "'LL", "'l", "'d", "' s", "''", "it's", "don't", ' ', '  ', '   ', '\n', '\r\n', '\n\n', ' \n ', '\t', '\t\t',
  '\v', '\f', 'a', 'A', 'b', 'Zq', 'the', 'The', 'HTTP', 'Server', 'fooBar', '1', '22', '333', '4444', '0x1F', '!', '?!', '//', '/', '\n/',
  '/\n', '...', ';\n', '{\n  ', '}\n\n    ', '_', 'foo_bar', '<|endoftext|>', '\0', '\x1f', '\x7f', ' ( ', '. ', ', ', '"', '-'.repeat(40),
  ' '.repeat(70), '1'.repeat(20), 'ab'.repeat(20), 'é', 'É', 'ß', 'ǅ', 'ʰ', '中', '文', '\u0301', '\u0301\u0302', '\u200b', '\u00a0', '\u3000',
  '\u0085', 'Ⅷ', '½', '٣', '😀', '👨‍👩‍👧', '🇫🇷', 'שלום', 'ᏣᎳᎩ', 'ა', 'Ა', 'привет', '안녕', 'हिन्दी', 'ไทย',
];
const PHRASES = [
  'The quick brown fox jumps over the lazy dog; it wasn’t impressed.', 'Les coûts d’exploitation s’élèvent à 12 345,67 € par mois.',
  'Größere Änderungen müssen überprüft werden.', 'El niño comió piñas en la cañada.', 'Żółw i źrebię spotkały się nad rzeką.',
  'Вычислительные ресурсы оплачиваются ежемесячно.', 'Η ταχύτητα του φωτός είναι σταθερή.', 'السلام عليكم ورحمة الله', 'כל הזכויות שמורות',
  '人工智能模型按令牌计费，价格各不相同。', '東京都の天気は晴れ、最高気温は25度です。', '오늘 날씨가 정말 좋습니다.', 'नमस्ते दुनिया, आप कैसे हैं?',
  'สวัสดีชาวโลก', 'Xin chào thế giới, hôm nay trời đẹp.', 'İstanbul’da yağmur yağıyor.', 'ქართული ენა', 'Բարեւ աշխարհ', 'const x = items?.map((i) => i.id) ?? [];',
  'SELECT id, SUM(cost) FROM requests WHERE ts >= $1 GROUP BY 1;', '{"role":"user","content":[{"type":"text","text":"hi\\n"}]}',
  'def f(x: int) -> str:\n    """Doc."""\n    return f"{x:>10}"\n', '#include <vector>\n\nint main() {\n\treturn 0;\n}\n', '| a | b |\n|---|:-:|\n| 1 | 2 |\n',
  'https://example.com/path?q=1&r=%20#frag', 'user.name+tag@mail.example.org', '2026-11-21T14:03:59.123Z', '3.14159265358979e-10', 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
];
const BLOCKS = [
  [0x20, 0x7f], [0, 0x20], [0xa0, 0x250], [0x250, 0x370], [0x370, 0x530], [0x590, 0x780], [0x900, 0xe00], [0xe00, 0x1200], [0x13a0, 0x1400],
  [0x1c90, 0x1cc0], [0x1e00, 0x2000], [0x2000, 0x2200], [0x2460, 0x2600], [0x3000, 0x3400], [0x4e00, 0xa000], [0xa640, 0xa800], [0xac00, 0xd7a4],
  [0xff00, 0xfff0], [0x10400, 0x10500], [0x1d400, 0x1d800], [0x1f300, 0x1fb00],
];
const ALPHABETS = ['ab', 'aA', 'abcdefghijklmnopqrstuvwxyz', '0123456789abcdef', 'ABCDEFGHIJKLMNOPabcdefghijklmnop0123456789+/', '!?', '-=', ' \n', ' \t\r\n', '*/ \n', '中文字的是了', '😀😁👍'];

const isScalar = (point) => point < 0xd800 || point >= 0xe000;

export function mixedTexts(count) {
  const below = numbers(1);
  const pick = (from) => from[below(from.length)];
  const texts = [...PHRASES];
  const inBlock = ([from, to]) => String.fromCodePoint(from + below(to - from));
  const anyScalar = () => {
    let point = below(0x110000);
    while (!isScalar(point)) point = below(0x110000);
    return String.fromCodePoint(point);
  };
  const kinds = [
    () => Array.from({ length: 1 + below(30) }, () => pick(PARTS)),
    () => Array.from({ length: 20 + below(100) }, () => pick(below(10) === 0 ? PARTS : PARTS.slice(0, 60))),
    () => Array.from({ length: 1 + below(40) }, () => inBlock(pick(BLOCKS))),
    () => { const block = pick(BLOCKS); return Array.from({ length: 1 + below(60) }, () => (below(8) ? inBlock(block) : pick(PARTS))); },
    () => Array.from({ length: 1 + below(40) }, anyScalar),
    () => Array.from({ length: 1 + below(6) }, () => pick(PHRASES) + pick(PARTS)),
    () => { const letters = [...pick(ALPHABETS)]; return Array.from({ length: 1 + below(300) }, () => pick(letters)); },
    () => { const part = pick(PARTS); return [part.repeat(1 + below(1 + 300 / part.length)), pick(PARTS)]; },
  ];
  while (texts.length < count) texts.push(kinds[texts.length % kinds.length]().join(''));
  return texts;
}

/** Rows of one part of all lengths up to where the longest tokens end, and beyond. Not far: the reference takes time as the square. */
export function rows() {
  const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 128, 129, 200, 257, 500, 900];
  return [...PARTS, '-', '=', '*', '#', 'x'].flatMap((part) => lengths.filter((n) => n * part.length <= 900).flatMap((n) => [part.repeat(n), `x${part.repeat(n)}y`]));
}

// Blocks of one kind of character each, tens of thousands of them: one in 97 stands for all.
const ALIKE = [[0x3400, 0xa000], [0xac00, 0xd7a4], [0xe000, 0xf900], [0x17000, 0x18d00], [0x20000, 0xe0000], [0xe2000, 0x110000]];

/** Code points in four contexts, 32 of them in a text: all, or all that are not among many alike. */
export function codePoints({ every }) {
  const isAsked = (point) => isScalar(point) && (every || point % 97 === 0 || !ALIKE.some(([from, to]) => point >= from && point < to));
  const points = Array.from({ length: 0x110000 }, (_, point) => point).filter(isAsked);
  const texts = [];
  for (let at = 0; at < points.length; at += 32) {
    const characters = points.slice(at, at + 32).map((point) => String.fromCodePoint(point));
    const inContext = (context) => characters.map(context).join('');
    texts.push(inContext((c) => `${c}\n`), inContext((c) => `a${c}b `), inContext((c) => ` ${c}A1`), inContext((c) => `${c}${c}'s ${c} `));
  }
  return texts;
}

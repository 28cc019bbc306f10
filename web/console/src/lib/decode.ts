/// What an encoded value says: URL escapes, base64, hex, gzip and zlib, the UTF-16 of PowerShell; one in another,
/// within limits. Everything stays in this tab.

export type DecodeStep = 'url' | 'base64' | 'hex' | 'gzip' | 'deflate' | 'utf16';

export interface Decoded {
  /** What was taken off, the outermost first. */
  steps: readonly DecodeStep[];
  text: string;
  /** Not text: shown as hex. */
  isBinary: boolean;
  /** There is more than the limit lets through. */
  isTruncated: boolean;
}

/** The longest value, in characters, and the most that is unpacked, in bytes. */
export const MOST_IN = 262_144;
export const MOST_OUT = 1_048_576;
/** One in another, at most so deep; and so many readings in all. */
const DEPTH = 4;
const READINGS = 12;
const SHORTEST = 8;

/** Every reading of a value that makes sense, the deepest first. */
export async function decode(value: string): Promise<Decoded[]> {
  const found: Decoded[] = [];
  await read(value.trim().slice(0, MOST_IN), [], found);
  return found.sort((a, b) => Number(a.isBinary) - Number(b.isBinary) || b.steps.length - a.steps.length);
}

/** Whether it is worth offering: cheap, and right most of the time. */
export function isDecodable(value: string): boolean {
  const text = value.trim();
  if (text.length < 16 || text.length > MOST_IN) return false;
  if (/(?:%[0-9a-f]{2}.*){2}/i.test(text)) return true;
  const token = encodedPart(text);
  if (token === null) return false;
  // A checksum is no text, and most words are base64 of something.
  if (hex(token) !== null) return token.length >= 16 && ![32, 40, 64].includes(token.length);
  const isMixed = token.length >= 20 && [/[a-z]/, /[A-Z]/, /\d|[+/]/].every((part) => part.test(token));
  return (isMixed || /^.{10,}=$/.test(token)) && base64(token) !== null;
}

async function read(text: string, steps: readonly DecodeStep[], found: Decoded[]): Promise<void> {
  if (steps.length >= DEPTH || found.length >= READINGS) return;
  const plain = url(text);
  if (plain !== null) {
    found.push({ steps: [...steps, 'url'], text: plain, isBinary: false, isTruncated: false });
    await read(plain, [...steps, 'url'], found);
  }
  const token = encodedPart(text);
  if (token === null) return;
  const asHex = hex(token);
  if (asHex !== null) await bytes(asHex, [...steps, 'hex'], found);
  const asBase64 = asHex === null ? base64(token) : null;
  if (asBase64 !== null) await bytes(asBase64, [...steps, 'base64'], found);
}

async function bytes(data: Uint8Array<ArrayBuffer>, steps: readonly DecodeStep[], found: Decoded[]): Promise<void> {
  const packed = packing(data);
  if (packed !== null) {
    const { data: inner, isTruncated } = await unpack(data, packed);
    if (inner.length > 0) {
      const next = [...steps, packed === 'gzip' ? 'gzip' : 'deflate'] as const;
      await said(inner, next, isTruncated, found);
      return;
    }
  }
  await said(data, steps, false, found);
}

async function said(data: Uint8Array<ArrayBuffer>, steps: readonly DecodeStep[], isTruncated: boolean, found: Decoded[]): Promise<void> {
  const wide = utf16(data);
  const text = wide ?? utf8(data, isTruncated);
  if (text === null) {
    // What is random stays random: nearly every word is base64 of some bytes.
    const last = steps.at(-1);
    if (last === 'gzip' || last === 'deflate' || (last === 'hex' && steps.length === 1)) found.push({ steps, text: hexDump(data), isBinary: true, isTruncated });
    return;
  }
  const own: readonly DecodeStep[] = wide === null ? steps : [...steps, 'utf16'];
  found.push({ steps: own, text, isBinary: false, isTruncated });
  await read(text.trim(), own, found);
}

/** The longest run that may be encoded: a command line has words around it. */
function encodedPart(text: string): string | null {
  const runs = text.replaceAll(/[\r\n]+/g, '').match(/[A-Za-z0-9+/_-]{8,}={0,2}/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest.length >= SHORTEST ? longest : null;
}

function url(text: string): string | null {
  if (!/%[0-9a-f]{2}/i.test(text)) return null;
  try {
    const plain = decodeURIComponent(text.replaceAll('+', ' '));
    return plain === text ? null : plain;
  } catch {
    return null;
  }
}

function hex(text: string): Uint8Array<ArrayBuffer> | null {
  const digits = text.replace(/^0x/i, '');
  if (digits.length < SHORTEST || digits.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function base64(text: string): Uint8Array<ArrayBuffer> | null {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (plain.length < SHORTEST || plain.length % 4 === 1) return null;
  try {
    return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

function packing(data: Uint8Array): 'gzip' | 'deflate' | null {
  if (data[0] === 0x1f && data[1] === 0x8b) return 'gzip';
  const [first = 0, second = 0] = data;
  return first === 0x78 && (first * 256 + second) % 31 === 0 ? 'deflate' : null;
}

/** At most MOST_OUT bytes come out, however small what went in was; what is cut short gives what it has. */
async function unpack(data: Uint8Array<ArrayBuffer>, how: 'gzip' | 'deflate'): Promise<{ data: Uint8Array<ArrayBuffer>; isTruncated: boolean }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream(how)).getReader();
  try {
    while (length < MOST_OUT) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      length += value.length;
    }
  } catch {
    // Broken at its end: what came before it stands.
  }
  const isTruncated = length >= MOST_OUT;
  if (isTruncated) void reader.cancel().catch(() => undefined);
  const whole = new Uint8Array(Math.min(length, MOST_OUT));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece.subarray(0, whole.length - at), at);
    at = Math.min(at + piece.length, whole.length);
  }
  return { data: whole, isTruncated };
}

/** Text of two bytes a letter, as PowerShell encodes its commands. */
function utf16(data: Uint8Array): string | null {
  if (data.length < 4 || data.length % 2 !== 0) return null;
  let zeros = 0;
  for (let at = 1; at < data.length; at += 2) zeros += data[at] === 0 ? 1 : 0;
  if (zeros < data.length / 4) return null;
  const text = new TextDecoder('utf-16le').decode(data);
  return isText(text) ? text : null;
}

function utf8(data: Uint8Array, isCut: boolean): string | null {
  try {
    // A letter may be cut in two at the limit.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data, { stream: isCut });
    return isText(text) ? text : null;
  } catch {
    return null;
  }
}

function isText(text: string): boolean {
  const odd = text.match(/[\p{Cc}\p{Co}\p{Cn}\ufffd]/gu)?.filter((letter) => !/[\t\r\n\0]/.test(letter)).length ?? 0;
  return text.length > 0 && odd <= text.length / 20;
}

function hexDump(data: Uint8Array): string {
  const shown = Array.from(data.subarray(0, 1024), (byte) => byte.toString(16).padStart(2, '0'));
  return shown.join(' ').replaceAll(/((?:\S\S ){16})/g, '$1\n').trim();
}

/// A word of the API in the reader's language; one that a newer centre uses stands as it is.

export function wordOf(words: Readonly<Record<string, string>>, code: string): string {
  return (Object.hasOwn(words, code) ? words[code] : undefined) ?? code;
}

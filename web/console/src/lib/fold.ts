/// Text for searching: without case and diacritics, so that "Đóng" is found by "dong".

export function folded(text: string): string {
  return text.toLowerCase().replaceAll('đ', 'd').normalize('NFD').replace(/\p{M}/gu, '');
}

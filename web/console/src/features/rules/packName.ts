/// What a pack may be called, and what it is called when nobody says.

/** As the centre takes it: it is a folder. */
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

export function isPackName(name: string): boolean {
  return NAME.test(name);
}

/** `SigmaHQ core+.zip` becomes `sigmahq-core`. */
export function packNameOf(file: string): string {
  const plain = file
    .replace(/\.zip$/i, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .normalize('NFD')
    .replace(/\p{M}/gu, '');
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 64).replace(/-+$/, '');
}

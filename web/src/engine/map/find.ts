/** Going to a place by number or by text. Pure. */

/** All pieces as one text, and the token that each character belongs to. */
export class TextIndex {
  private readonly text: string;
  private readonly starts: Int32Array;

  constructor(pieces: readonly string[]) {
    this.text = pieces.join("").toLowerCase();
    this.starts = new Int32Array(pieces.length + 1);
    pieces.forEach((piece, i) => {
      this.starts[i + 1] = this.starts[i] + piece.toLowerCase().length;
    });
  }

  /** The token in which the text next occurs after a token, beginning anew at the end; -1 where it does not. */
  find(wanted: string, after: number): number {
    const needle = wanted.toLowerCase();
    if (!needle) return -1;
    const from = this.starts[Math.min(this.starts.length - 1, after + 1)] ?? 0;
    const next = this.text.indexOf(needle, from);
    const found = next >= 0 ? next : this.text.indexOf(needle);
    return found < 0 ? -1 : this.tokenAt(found + (/^\s/.test(needle) ? 0 : needle.length - needle.trimStart().length));
  }

  private tokenAt(character: number): number {
    let [low, high] = [0, this.starts.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= character) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** “120” is a token, “120, 45” a query and a key; anything else is text. */
export function numbersIn(text: string): [first: number, second: number | null] | null {
  const found = /^\s*(\d[\d_]*)\s*(?:[,;x→ ]\s*(\d[\d_]*))?\s*$/.exec(text);
  const value = (digits: string) => Number(digits.replace(/_/g, ""));
  return found && [value(found[1]), found[2] === undefined ? null : value(found[2])];
}

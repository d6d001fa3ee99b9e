/** A long text as blocks of tokens, of which only those in sight need to exist. Pure. */

export interface TextBlock {
  start: number;
  stop: number;
  /** Whether a line ends with it in the text itself. */
  endsLine: boolean;
}

const MOST = 320;
const LEAST = 24;
const SENTENCE = 2;

/** Blocks that end where lines do, else at sentences, else after so many tokens. `begins` is what begins at each token. */
export function textBlocks(pieces: readonly string[], begins: Uint8Array): TextBlock[] {
  const blocks: TextBlock[] = [];
  let start = 0;
  for (let at = 1; at <= pieces.length; at++) {
    const size = at - start;
    const endsLine = /\n/.test(pieces[at - 1]);
    const isEnd =
      at === pieces.length ||
      (endsLine && size >= LEAST) ||
      size >= MOST ||
      (size >= MOST / 2 && begins[at] >= SENTENCE);
    if (!isEnd) continue;
    blocks.push({ start, stop: at, endsLine });
    start = at;
  }
  return blocks;
}

/** The block that holds a token. */
export function blockOf(blocks: readonly TextBlock[], position: number): number {
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle].start <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Heights of blocks, guessed until they are measured, and where each begins. */
export class Heights {
  private readonly tops: Float64Array;
  private readonly heights: Float64Array;
  private isStale = true;

  constructor(guesses: readonly number[]) {
    this.heights = Float64Array.from(guesses);
    this.tops = new Float64Array(guesses.length + 1);
  }

  get total(): number {
    return this.top(this.heights.length);
  }

  height(block: number): number {
    return this.heights[block];
  }

  /** A measured height; how much taller the block is than was thought. */
  set(block: number, height: number): number {
    const more = height - this.heights[block];
    this.heights[block] = height;
    this.isStale ||= more !== 0;
    return more;
  }

  top(block: number): number {
    if (this.isStale) {
      for (let i = 0; i < this.heights.length; i++) this.tops[i + 1] = this.tops[i] + this.heights[i];
      this.isStale = false;
    }
    return this.tops[block];
  }

  /** The block at a distance from the top. */
  at(y: number): number {
    let [low, high] = [0, this.heights.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.top(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Blocks that touch [top, bottom): first, and one past the last. */
  inSight(top: number, bottom: number): [first: number, stop: number] {
    return this.heights.length ? [this.at(top), this.at(bottom) + 1] : [0, 0];
  }
}

/** The largest value of each of `bins` equal parts of a text. */
export function binned(values: Float32Array, bins: number): Float32Array {
  const found = new Float32Array(Math.min(bins, values.length));
  values.forEach((value, i) => {
    const bin = Math.floor((i * found.length) / values.length);
    if (value > found[bin]) found[bin] = value;
  });
  return found;
}

/** What is looked at, kept in the fragment of the page's own address: for links to share, and for Back and Forward. */

export type Fields = Readonly<Record<string, string>>;

export interface Address {
  /** What the address says of this view. */
  read(): Fields;
  /** Says it; a `step` is one that Back goes back from. */
  write(fields: Fields, step: boolean): void;
  /** Calls back when somebody goes back or forth, or writes another address. */
  follow(changed: () => void): () => void;
}

type Page = Pick<Window, "addEventListener" | "removeEventListener" | "history" | "location">;

/** The part of the fragment that is one view's: each of its names begins with `prefix`, and others' names are left. */
export class PageAddress implements Address {
  constructor(
    private readonly prefix: string,
    private readonly page: Page = window,
  ) {}

  read(): Fields {
    const found = [...this.all()].filter(([name]) => name.startsWith(this.prefix));
    return Object.fromEntries(found.map(([name, value]) => [name.slice(this.prefix.length), value]));
  }

  write(fields: Fields, step: boolean): void {
    const others = [...this.all()].filter(([name]) => !this.prefix || !name.startsWith(this.prefix));
    const own = Object.entries(fields).map(([name, value]) => [`${this.prefix}${name}`, value]);
    const text = new URLSearchParams([...(this.prefix ? others : []), ...own]).toString();
    if (text === this.all().toString()) return;
    const { history, location } = this.page;
    try {
      history[step ? "pushState" : "replaceState"](history.state, "", text ? `#${text}` : location.href.split("#")[0]);
    } catch {
      // A browser that refuses (too many changes at once, a page it trusts with nothing) leaves the address as it is.
    }
  }

  follow(changed: () => void): () => void {
    this.page.addEventListener("popstate", changed);
    return () => this.page.removeEventListener("popstate", changed);
  }

  private all(): URLSearchParams {
    return new URLSearchParams(this.page.location.hash.slice(1));
  }
}

/** The address of a page that stands alone; that of a frame (in a notebook, say) belongs to somebody else. */
export function addressOf(number: number, views: number): Address | null {
  return window.parent === window ? new PageAddress(views > 1 ? `${number}.` : "") : null;
}

import { expect, it } from "vitest";
import { PageAddress } from "../src/hosts/address";

/** A page that remembers where it was. */
function page(hash: string) {
  const visited: [string, string][] = [];
  const location = { hash, href: `file:///a.html${hash}` };
  const go = (how: string) => (_state: unknown, _title: string, to: string) => {
    visited.push([how, to]);
    location.hash = to.startsWith("#") ? to : "";
    location.href = `file:///a.html${location.hash}`;
  };
  const history = { state: null, pushState: go("push"), replaceState: go("replace") };
  return { visited, window: { location, history } as unknown as Window };
}

it("keeps what one view says beside what others say", () => {
  const { visited, window } = page("#0.tab=tree&1.state=4&else=x");
  const second = new PageAddress("1.", window);
  expect(second.read()).toEqual({ state: "4" });
  second.write({ state: "5", token: "t&2" }, true);
  expect(visited).toEqual([["push", "#0.tab=tree&else=x&1.state=5&1.token=t%262"]]);
  expect(second.read()).toEqual({ state: "5", token: "t&2" });
  expect(new PageAddress("0.", window).read()).toEqual({ tab: "tree" });
});

it("rewrites the address where going back has nothing to go back to, and not at all where nothing changed", () => {
  const { visited, window } = page("");
  const only = new PageAddress("", window);
  only.write({}, true);
  only.write({ tab: "history" }, false);
  only.write({ tab: "history" }, true);
  only.write({}, true);
  expect(visited).toEqual([
    ["replace", "#tab=history"],
    ["push", "file:///a.html"],
  ]);
});

it("stays as it is where the browser refuses", () => {
  const { window } = page("#tab=words");
  const refusing = {
    location: window.location,
    history: {
      pushState: () => {
        throw new Error("SecurityError");
      },
    },
  };
  const address = new PageAddress("", refusing as unknown as Window);
  address.write({ tab: "tree" }, true);
  expect(address.read()).toEqual({ tab: "words" });
});

/** Light or dark, as the page around the view is; followed while it changes. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { THEMES, type Theme, type ThemeName } from "../engine/theme";
import type { ViewSpec } from "../spec";

/** What the page says about itself: JupyterLab and Notebook, VS Code, Colab, marimo. Nothing where it says nothing. */
export function pageTheme(page: Document): ThemeName | null {
  const { body, documentElement: root } = page;
  if (!body) return null;
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter) return jupyter === "false" ? "dark" : "light";
  const classes = `${body.className} ${root.className}`;
  if (/\bvscode-(dark|high-contrast)(?!-light)\b/.test(classes)) return "dark";
  if (/\bvscode-(light|high-contrast-light)\b/.test(classes)) return "light";
  const named = root.getAttribute("theme") ?? root.getAttribute("data-theme") ?? body.getAttribute("data-theme");
  if (named === "dark" || named === "light") return named;
  if (/(^|\s)(dark|dark-theme|dark-mode)(\s|$)/.test(classes)) return "dark";
  return /(^|\s)(light|light-theme|light-mode)(\s|$)/.test(classes) ? "light" : null;
}

/** This page, and the one around its frame where that may be read. */
function pages(): Document[] {
  try {
    return window.parent !== window ? [document, window.parent.document] : [document];
  } catch {
    return [document];
  }
}

/** The theme of a view, and an end to following it. */
export function followTheme(asked: ViewSpec["theme"]): { theme: ReadonlySignal<Theme>; stop(): void } {
  if (asked !== "auto") return { theme: signal(THEMES[asked]), stop: () => {} };
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const found = (): Theme => {
    const said = pages().map(pageTheme).find(Boolean);
    return THEMES[said ?? (system.matches ? "dark" : "light")];
  };
  const theme = signal(found());
  const look = () => {
    theme.value = found();
  };
  const observer = new MutationObserver(look);
  for (const { body, documentElement } of pages()) {
    for (const element of [body, documentElement]) if (element) observer.observe(element, { attributes: true });
  }
  system.addEventListener("change", look);
  return {
    theme,
    stop: () => {
      observer.disconnect();
      system.removeEventListener("change", look);
    },
  };
}

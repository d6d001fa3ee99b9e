import type { Measure } from "./display_list";

export const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, "Noto Color Emoji", "PingFang SC", ' +
  '"Hiragino Sans", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans Arabic", sans-serif';

let context: CanvasRenderingContext2D | null = null;

/** Width of a text in the font that the painter uses. */
export const measure: Measure = (text, size, bold = false) => {
  context ??= document.createElement("canvas").getContext("2d");
  if (!context) return text.length * size * 0.6;
  context.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
  return context.measureText(text).width;
};

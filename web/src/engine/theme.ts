/** The colours of both themes, by the names that display lists and the style sheet use. */

import { effectHues } from "./effect";
import { type Lut, weightLut } from "./lut";

export type ThemeName = "light" | "dark";

export interface Theme {
  name: ThemeName;
  colours: Record<string, string>;
  lut: Lut;
}

/** Petroff 2021, "Accessible Color Sequences for Data Visualization", the ten-colour cycle. */
const PETROFF10 = [
  "#3f90da",
  "#ffa90e",
  "#bd1f01",
  "#94a4a2",
  "#832db6",
  "#a96b59",
  "#e76300",
  "#b9ac70",
  "#717581",
  "#92dadd",
];

/** On dark the purple is raised to a contrast of 3; under colour blindness all ten stay as far apart as before. */
const PETROFF10_DARK = PETROFF10.map((hex, hue) => (hue === 4 ? "#8838c8" : hex));

export const HUES = PETROFF10.length;

const LIGHT = {
  surface: "#ffffff",
  raised: "#ffffff",
  hover: "#f1f3f6",
  rule: "#e3e6ea",
  edge: "#c9ced6",
  ink: "#1c1e22",
  muted: "#626973",
  accent: "#1f5fd0",
  positive: "#1768c6",
  negative: "#d2560b",
};
const DARK = {
  surface: "#111214",
  raised: "#1a1b1f",
  hover: "#212328",
  rule: "#2b2e34",
  edge: "#454a53",
  ink: "#e9ebee",
  muted: "#9aa1ac",
  accent: "#7fb0ff",
  positive: "#5aa8ff",
  negative: "#ff9a45",
};

function theme(name: ThemeName): Theme {
  const dark = name === "dark";
  const colours: Record<string, string> = { ...(dark ? DARK : LIGHT) };
  (dark ? PETROFF10_DARK : PETROFF10).forEach((hex, i) => {
    colours[`head${i}`] = hex;
  });
  effectHues({ name, colours }).forEach((hex, i) => {
    colours[`effect${i}`] = hex;
  });
  return { name, colours, lut: weightLut(colours.surface, dark) };
}

export const THEMES: Record<ThemeName, Theme> = { light: theme("light"), dark: theme("dark") };

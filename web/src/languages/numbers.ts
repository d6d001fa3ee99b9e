/** Numbers as they are written on screen, in every language. */

export const percent = (share: number) => {
  const value = 100 * share;
  return `${value >= 99.95 ? "100" : value >= 10 ? value.toFixed(0) : value.toFixed(1)} %`;
};

/** A whole number, thousands apart; without Intl, which not every host has. */
export const number = (value: number) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** A weight for reading. */
export const weightText = (weight: number) => {
  if (weight === 0) return "0";
  if (weight < 0.0005) return "< 0.001";
  return weight < 0.0995 ? weight.toFixed(3) : weight.toFixed(2);
};

/** An error bound, rounded up to one digit. */
export const bound = (error: number) => {
  const digits = Math.max(0, -Math.floor(Math.log10(error)));
  return (Math.ceil(error * 10 ** digits - 1e-9) / 10 ** digits).toFixed(digits);
};

/** A number of either sign for reading: three digits that count. */
export const signedText = (value: number) => {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = size < 0.0005 ? size.toExponential(0).replace("-", "−") : size.toFixed(digits);
  return value < 0 ? `−${text}` : text;
};

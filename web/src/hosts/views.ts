/** The views of this page: the script of each puts its `render` here, under the name of its file in `views/`. */

import type { Render } from "./host";

export const views: Record<string, Render | undefined> = {};

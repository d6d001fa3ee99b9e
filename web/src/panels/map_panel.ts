/** A map on two canvases: the tiles, and over them axes and marks. It moves with wheel, pinch, drag and keys. */

import type { Field } from "../engine/effect";
import { type Axis, beside, chips, keyLabels, LEFT, marks, type NamedCell, queryLabels, TOP } from "../engine/map/axes";
import {
  between,
  type Camera,
  cellAt,
  centred,
  clamp,
  fit,
  isNear,
  type Port,
  panBy,
  portFor,
  zoomAt,
} from "../engine/map/camera";
import { MapInk, type Shown } from "../engine/map/ink";
import { levelFor, neighbours, tilesInSight, topLevel } from "../engine/map/pyramid";
import type { Scale } from "../engine/map/scale";
import type { Block } from "../engine/map/strong";
import { measure } from "../engine/measure";
import type { Theme } from "../engine/theme";
import { LevelTiles, type Subject, subjectName } from "../source/level_tiles";
import type { Source } from "../source/source";
import type { Sight } from "../source/strongest";
import type { MaskSpec } from "../spec";
import { Canvas, pixelRatio } from "./canvas";
import { CanvasPanel } from "./canvas_panel";
import { followGestures, type Gestures } from "./map_gestures";
import { Minimap } from "./minimap";

const EASE = 0.35;

export interface MapScene {
  subject: Subject;
  mask: MaskSpec;
  queries: Axis;
  keys: Axis;
}

export interface MapEvents {
  point(block: Block | null): void;
  click(block: Block): void;
  brush(rectangle: number[] | null): void;
  /** Another part of the map is in sight, or soon will be. */
  moved(sight: Sight): void;
  /** After a frame that showed something else than the one before. */
  shown(status: MapStatus): void;
}

export interface MapStatus extends Shown {
  level: number;
  pending: number;
  failure: string | null;
  isWhole: boolean;
}

export class MapPanel extends CanvasPanel {
  private readonly ink = new MapInk();
  private readonly levels: LevelTiles;
  private readonly minimap: Minimap;
  private readonly tiles: Canvas;
  private readonly overlay: Canvas;
  private readonly unfollow: () => void;
  private scene: MapScene | null = null;
  private scale: Scale = { kind: "root", root: 2, handle: 1 };
  private port: Port = { width: 0, height: 0 };
  private camera: Camera = { query: 0, key: 0, zoom: 0 };
  private target: Camera = this.camera;
  private block: Block | null = null;
  private pointer: [x: number, y: number] | null = null;
  private pinned: NamedCell = { query: null, key: null };
  private rectangle: readonly number[] | null = null;
  private named: NamedCell = { query: null, key: null };
  private last = "";
  private lastSight = "";

  constructor(
    element: HTMLElement,
    private readonly events: MapEvents,
    theme: Theme,
    source: Source,
  ) {
    const [tiles, overlay] = [new Canvas("tiles"), new Canvas("marks")];
    super(element, theme, [tiles, overlay]);
    this.tiles = tiles;
    this.overlay = overlay;
    this.levels = new LevelTiles(source, () => this.ask());
    this.minimap = new Minimap((query, key) => this.lookAt(query, key));
    this.content.append(this.minimap.element);
    this.unfollow = followGestures(element, this.content, this.gestures());
  }

  show(scene: MapScene): void {
    const isOther = !this.scene || this.scene.subject.attention !== scene.subject.attention;
    this.scene = scene;
    if (isOther) this.arrange();
    this.ask();
  }

  colour(scale: Scale): void {
    this.scale = scale;
    this.ask();
  }

  /** Colours by effects, or by weights where there are none. */
  effects(field: Field | null): void {
    this.ink.colour(field);
    this.ask();
  }

  /** The cell found under the pointer, or kept: its tokens stand out along both axes. */
  name(cell: NamedCell): void {
    this.named = cell;
    this.ask();
  }

  mark(pinned: NamedCell, rectangle: readonly number[] | null): void {
    this.pinned = pinned;
    this.rectangle = rectangle;
    this.ask();
  }

  /** Brings a place into sight; closer where `zoom` says so. */
  lookAt(query: number | null, key: number | null, zoom = this.target.zoom): void {
    if (!this.scene || !this.port.width) return;
    const middle = {
      query: this.target.query + this.port.height / 2 / this.target.zoom,
      key: this.target.key + this.port.width / 2 / this.target.zoom,
    };
    this.go(
      centred(
        query ?? middle.query,
        key ?? middle.key,
        Math.max(zoom, this.target.zoom),
        this.scene.subject.attention,
        this.port,
      ),
    );
  }

  /** Whether a cell is in sight now. */
  shows(query: number | null, key: number | null): boolean {
    const inside = (place: number | null, start: number, pixels: number) =>
      place === null || (place >= start && place + 1 <= start + pixels / this.target.zoom);
    return inside(query, this.target.query, this.port.height) && inside(key, this.target.key, this.port.width);
  }

  zoomBy(factor: number, x = this.port.width / 2, y = this.port.height / 2): void {
    if (this.scene) this.go(zoomAt(this.target, factor, x, y, this.scene.subject.attention, this.port));
  }

  /** Moves by a share of what is in sight. */
  moveBy(right: number, down: number): void {
    if (this.scene)
      this.go(
        panBy(this.target, right * this.port.width, down * this.port.height, this.scene.subject.attention, this.port),
      );
  }

  showAll(): void {
    if (this.scene) this.go(fit(this.scene.subject.attention, this.port));
  }

  retry(): void {
    this.levels.retry();
  }

  override dispose(): void {
    this.unfollow();
    this.levels.dispose();
    super.dispose();
  }

  protected arrange(): void {
    if (!this.scene || this.width <= LEFT) return;
    const before = this.port.width ? this.target : null;
    this.port = portFor(this.width - LEFT, this.scene.subject.attention);
    const height = TOP + this.port.height + 1;
    this.element.style.height = `${height}px`;
    this.content.style.height = `${height}px`;
    this.camera = this.target = before
      ? clamp(before, this.scene.subject.attention, this.port)
      : fit(this.scene.subject.attention, this.port);
    this.ask(true);
  }

  protected draw(): void {
    if (!this.scene || !this.port.width) return;
    const { subject, mask } = this.scene;
    if (!isNear(this.camera, this.target)) {
      this.camera = between(this.camera, this.target, isStill() ? 1 : EASE);
      this.ask();
    } else this.settle();
    const level = levelFor(this.target.zoom, pixelRatio(), subject.attention);
    this.request(level);
    const context = this.tiles.begin(this.width, 0, TOP + this.port.height + 1);
    if (!context) return;
    const shown = this.ink.draw(
      context,
      this.levels,
      subject,
      mask,
      this.camera,
      this.port,
      level,
      this.scale,
      this.theme,
    );
    this.drawMarks();
    this.minimap.draw(this.scene, this.levels, this.ink, this.camera, this.port, this.scale, this.theme);
    if (shown.isLate) this.ask();
    this.tell(shown, level);
    this.tellSight();
  }

  /** The map has come to rest: under a pointer that did not move may be another block now. */
  private settle(): void {
    this.camera = this.target;
    if (this.pointer && this.block) this.point(this.blockAt(...this.pointer));
  }

  private drawMarks(): void {
    const { camera, port, scene } = this;
    if (!scene) return;
    const { queries, keys } = scene.subject.attention;
    const map = { width: (keys - camera.key) * camera.zoom, height: (queries - camera.query) * camera.zoom };
    const context = this.overlay.begin(this.width, 0, TOP + port.height + 1);
    if (!context) return;
    context.save();
    context.beginPath();
    context.rect(LEFT - 4, TOP - 4, port.width + 4, port.height + 4);
    context.clip();
    this.overlay.paint(
      marks({ pointed: this.pointedRuns(), pinned: this.pinned, rectangle: this.rectangle }, camera, port, map),
      this.theme,
    );
    context.restore();
    const rows = beside(queryLabels(scene.queries, camera, port, measure), this.named, camera);
    const columns = keyLabels(scene.keys, camera, port, measure);
    this.overlay.paint(
      [...rows, ...columns, ...chips(this.named, scene.queries, scene.keys, camera, port, measure)],
      this.theme,
    );
  }

  private pointedRuns() {
    if (!this.block || !this.scene) return null;
    const { queries, keys } = this.scene.subject.attention;
    const side = 2 ** this.block.level;
    const run = (place: number, end: number): [number, number] => [place, Math.min(end, place + side)];
    return { queries: run(this.block.query, queries), keys: run(this.block.key, keys) };
  }

  /** Asks for the whole map, then what is in sight, then what is near. */
  private request(level: number): void {
    if (!this.scene) return;
    const { subject, mask } = this.scene;
    const size = subject.attention;
    const all = fit(size, this.port);
    const whole = tilesInSight(all, this.port, size, topLevel(size), mask);
    const seen = tilesInSight(this.target, this.port, size, level, mask);
    this.levels.want(subject, [...whole, ...seen, ...neighbours(this.target, this.port, size, level, mask)]);
  }

  private tell(shown: Shown, level: number): void {
    if (!this.scene) return;
    const whole = fit(this.scene.subject.attention, this.port);
    const status = {
      ...shown,
      level,
      pending: this.levels.pending,
      failure: this.levels.failure,
      isWhole: isNear(this.target, whole),
    };
    const name = `${subjectName(this.scene.subject)} ${JSON.stringify(status)}`;
    if (name !== this.last) this.events.shown(status);
    this.last = name;
  }

  private tellSight(): void {
    if (!this.scene) return;
    const { target, port } = this;
    const size = this.scene.subject.attention;
    const run = (start: number, pixels: number, end: number): [number, number] => [
      Math.max(0, Math.floor(start)),
      Math.min(end, Math.ceil(start + pixels / target.zoom)),
    ];
    const sight = {
      queries: run(target.query, port.height, size.queries),
      keys: run(target.key, port.width, size.keys),
    };
    const name = JSON.stringify(sight);
    if (name !== this.lastSight) this.events.moved(sight);
    this.lastSight = name;
  }

  private go(camera: Camera): void {
    this.target = camera;
    this.ask();
  }

  /** The block under a point of the stage. */
  private blockAt(x: number, y: number): Block | null {
    if (!this.scene || x < LEFT || y < TOP || x >= LEFT + this.port.width || y >= TOP + this.port.height) return null;
    const cell = cellAt(this.camera, x - LEFT, y - TOP, this.scene.subject.attention);
    const level = levelFor(this.camera.zoom, pixelRatio(), this.scene.subject.attention);
    return cell && { query: (cell.query >> level) << level, key: (cell.key >> level) << level, level };
  }

  private gestures(): Gestures {
    const inside = (x: number, y: number): [number, number] => [x - LEFT, y - TOP];
    return {
      zoom: (factor, x, y) => this.zoomBy(factor, ...inside(x, y)),
      drag: (dx, dy) => {
        if (!this.scene) return;
        this.camera = this.target = panBy(this.target, -dx, -dy, this.scene.subject.attention, this.port);
        this.ask();
      },
      brush: (from, to) => this.events.brush(from && to && this.rectangleOf(from, to)),
      click: (x, y) => {
        const block = this.blockAt(x, y);
        if (block) this.events.click(block);
      },
      twice: (x, y) => this.zoomBy(4, ...inside(x, y)),
    };
  }

  private rectangleOf(from: [number, number], to: [number, number]): number[] | null {
    if (!this.scene) return null;
    const { queries, keys } = this.scene.subject.attention;
    const { camera } = this;
    const run = (a: number, b: number, edge: number, start: number, end: number): [number, number] => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((value) => start + (value - edge) / camera.zoom);
      return [Math.max(0, Math.min(end - 1, Math.floor(low))), Math.max(1, Math.min(end, Math.ceil(high)))];
    };
    return [...run(from[1], to[1], TOP, camera.query, queries), ...run(from[0], to[0], LEFT, camera.key, keys)];
  }

  protected pointed(x: number, y: number): void {
    this.pointer = [x, y];
    this.point(this.blockAt(x, y));
  }

  protected left(): void {
    this.pointer = null;
    this.point(null);
  }

  /** Clicks are told from drags by the gestures. */
  protected clicked(): void {}

  private point(block: Block | null): void {
    const { block: before } = this;
    if (before?.query === block?.query && before?.key === block?.key && before?.level === block?.level) return;
    this.block = block;
    this.ask();
    this.events.point(block);
  }
}

function isStill(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// What a page asks of its worker, and what the worker tells without being asked.

import type { Span } from '../view/pages/layout.ts';
import type {
  CanvasName,
  CanvasSize,
  LanesScene,
  MachineScene,
  PagesScene,
  Palette,
  TimelineScene,
} from '../view/scene.ts';
import type {
  AllocationList,
  AllocationView,
  AllocForm,
  Diagnosis,
  FreeAreas,
  GfpView,
  MachineForm,
  MachineView,
  MarksView,
  PageView,
  Preset,
  RecordingView,
  RunFormat,
  RunText,
  ScenarioView,
  Why,
} from './model.ts';
import type { RunState, StepKind } from './run/player.ts';

/** A machine with some life behind it, so that nobody meets an empty form. */
export interface Story {
  form: MachineForm;
  /** Seed of the life before. */
  age?: number;
  requests: AllocForm[];
}

/** What the panels look at. */
export interface Focus {
  zone: number;
  /** An allocation of the list, or the recording's operation. */
  allocation?: number;
  /** Its way back rather than its way here, once it has been freed. */
  back?: boolean;
  /** Of a run: whose LRU lists, and how many of the latest decisions. */
  memcg?: number;
  decisions?: number;
}

/** Everything the panels show, after each change. */
export interface State {
  machine: MachineView;
  focus: Focus;
  areas: FreeAreas;
  list: AllocationList;
  why?: Why | undefined;
  recording?: RecordingView | undefined;
  run?: RunState | undefined;
  /** What the page map shows. */
  spans: Span[];
}

export interface WorkerApi {
  presets(): Preset[];
  tell(story: Story): void;
  focus(focus: Focus): void;
  gfp(text: string): GfpView;
  allocate(form: AllocForm): AllocationView[];
  free(id: number): void;
  freeNewest(): void;
  drain(): void;
  fold(): void;
  page(pfn: number): PageView;
  previewSysctl(name: string, value: string): MarksView[];
  setSysctl(name: string, value: string): void;
  loadRecording(name: string, files: Record<string, Uint8Array>): Promise<void>;
  /** To a position, forwards or backwards; a later call takes over. */
  seekRecording(position: number): Promise<void>;
  closeRecording(): void;

  /** Fetches what runs scenarios. */
  scenarios(): Promise<ScenarioView[]>;
  startRun(text: string): Promise<void>;
  stepRun(what: StepKind, n: number): void;
  /** To a point in virtual time, forwards or backwards; a later call takes over. */
  seekRun(ms: number): Promise<void>;
  haltRun(): void;
  runTexts(): RunText[];
  exportRun(format: RunFormat): string;
  closeRun(): void;

  /** Fetches what reads texts, and reads one; nothing changes. */
  readText(text: string): Promise<Diagnosis[]>;
  /** Opens the machine of a text's report, and makes the request in it. */
  openText(text: string, nth: number, request: AllocForm | undefined): void;

  attach(name: CanvasName, canvas: OffscreenCanvas, size: CanvasSize): void;
  resize(name: CanvasName, size: CanvasSize): void;
  colors(palette: Palette): void;
  machineScene(scene: MachineScene): void;
  pagesScene(scene: PagesScene): void;
  lanesScene(scene: LanesScene): void;
  timelineScene(scene: TimelineScene): void;
}

export type Notice =
  | { notice: 'ready'; version: string }
  | { notice: 'state'; state: State }
  /** Of the state with that version. */
  | { notice: 'hash'; hash: string; version: number }
  /** How far a long operation has come, 0..1; 1 ends it. */
  | { notice: 'progress'; done: number }
  /** The model stopped; whether the machine is back as it was. */
  | { notice: 'defect'; message: string; restored: boolean };

// The machine form as typed. The model reads and checks it; here it only keeps its shape.

import type { MachineForm } from '../worker/model.ts';

export interface NodeFields {
  mib: string;
  cpus: string;
  hotpluggable: boolean;
}

export interface MachineFields {
  preset: string;
  nodes: NodeFields[];
  distances: string[][];
  lowMib: string;
  cmdline: string;
  seed: string;
  aged: boolean;
}

export const MAX_NODES = 64;

/** A form's content, as its inputs show it. */
export function fieldsOf(form: MachineForm, preset: string, aged: boolean): MachineFields {
  const nodes = (form.nodes ?? []).map(({ mib, cpus, hotpluggable }) => ({
    mib: String(mib),
    cpus: String(cpus),
    hotpluggable: hotpluggable ?? false,
  }));
  return {
    preset,
    nodes,
    distances: squared(form.distances?.map((row) => row.map(String)) ?? [], nodes.length),
    lowMib: form.lowMib === undefined || form.lowMib === null ? '' : String(form.lowMib),
    cmdline: form.cmdline ?? '',
    seed: String(form.seed ?? 1),
    aged,
  };
}

/** What is booted: everything as typed, so that errors quote what is on the screen. */
export function formOf(fields: MachineFields): MachineForm {
  const typed = {
    preset: fields.preset,
    nodes: fields.nodes,
    distances: fields.distances,
    lowMib: fields.lowMib,
    cmdline: fields.cmdline,
    seed: fields.seed,
  };
  return typed as unknown as MachineForm;
}

export function withNode(fields: MachineFields): MachineFields {
  const last = fields.nodes.at(-1) ?? { mib: '1024', cpus: '2', hotpluggable: false };
  const nodes = [...fields.nodes, { ...last }];
  return { ...fields, nodes, distances: squared(fields.distances, nodes.length) };
}

export function withoutNode(fields: MachineFields, id: number): MachineFields {
  const others = <T>(items: T[]) => items.filter((_, index) => index !== id);
  return { ...fields, nodes: others(fields.nodes), distances: others(fields.distances).map(others) };
}

export function withDistance(fields: MachineFields, from: number, to: number, value: string): MachineFields {
  const distances = fields.distances.map((row) => [...row]);
  const row = distances[from];
  if (row !== undefined) row[to] = value;
  return { ...fields, distances };
}

/** The matrix at another size; nodes without a distance are two steps away. */
function squared(rows: string[][], size: number): string[][] {
  return Array.from({ length: size }, (_, from) =>
    Array.from({ length: size }, (_, to) => rows[from]?.[to] ?? (from === to ? '10' : '20')),
  );
}

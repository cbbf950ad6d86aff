import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useApp } from './app-context.ts';
import { Field, Select } from './field.tsx';
import {
  fieldsOf,
  formOf,
  MAX_NODES,
  type MachineFields,
  withDistance,
  withNode,
  withoutNode,
} from './machine-form-state.ts';
import { presetText } from './preset-text.ts';
import type { Errors } from './store.ts';
import { DEFAULT_PRESET, storyOf } from './stories.ts';

/** Matrices beyond this are set by preset or command line only. */
const MATRIX_NODES = 8;

/** Choose a machine, or describe one. */
export function MachineFormPanel() {
  const { store, words } = useApp();
  const { t } = words;
  const fields = useSignal<MachineFields | undefined>(undefined);
  const errors = useSignal<Errors>({});
  const booting = useSignal(false);
  const presets = store.presets.value;
  const choose = (name: string) => {
    const found = presets.find((preset) => preset.name === name) ?? presets[0];
    if (found === undefined) return;
    fields.value = fieldsOf(found.form, found.name, fields.value?.aged ?? true);
    errors.value = {};
  };
  useEffect(() => {
    if (fields.value === undefined && presets.length > 0) choose(store.story.value.form.preset ?? DEFAULT_PRESET);
  }, [presets]);

  const now = fields.value;
  if (now === undefined) return null;
  const set = (next: MachineFields) => {
    fields.value = next;
    errors.value = {};
  };
  const boot = async (event: Event) => {
    event.preventDefault();
    const form = formOf(now);
    const story = now.aged ? storyOf(form, Number(now.seed)) : { form, requests: [] };
    booting.value = true;
    errors.value = await store.attempt(() => store.begin(story));
    booting.value = false;
  };
  const error = (field: string) => errors.value[field];
  const preset = presets.find(({ name }) => name === now.preset);
  const content = (
    <>
      <Select
        label={t('form.preset')}
        value={now.preset}
        options={presets.map(({ name, title }) => [name, presetText(name, title, 'title', words)])}
        error={error('preset')}
        change={choose}
      />
      <p class="gloss">{preset && presetText(preset.name, preset.gloss, 'gloss', words)}</p>
      <Nodes fields={now} error={error} set={set} />
      {now.nodes.length > 1 && now.nodes.length <= MATRIX_NODES && <Distances fields={now} error={error} set={set} />}
      <Field
        class="mono"
        label={t('form.cmdline')}
        name="cmdline"
        value={now.cmdline}
        error={error('cmdline')}
        gloss={t('form.cmdline.gloss')}
        spellcheck={false}
        autocomplete="off"
        change={(cmdline) => set({ ...now, cmdline })}
      />
      <div class="pair">
        <Field
          class="mono"
          label={t('form.lowMib')}
          name="lowMib"
          inputMode="numeric"
          placeholder="3072"
          value={now.lowMib}
          error={error('lowMib')}
          change={(lowMib) => set({ ...now, lowMib })}
        />
        <Field
          class="mono"
          label={t('form.seed')}
          name="seed"
          inputMode="numeric"
          value={now.seed}
          error={error('seed')}
          change={(seed) => set({ ...now, seed })}
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={now.aged}
          onChange={(event) => set({ ...now, aged: event.currentTarget.checked })}
        />
        {t('form.aged')}
      </label>
    </>
  );
  const elsewhere = Object.entries(errors.value).filter(([field]) => !hasField(now, field));
  return (
    <form class="machine-form" noValidate onSubmit={(event) => void boot(event)}>
      <h2>{t('form.title')}</h2>
      {content}
      {elsewhere.map(([field, message]) => (
        <p key={field} class="error" role="alert">
          {field}: {message}
        </p>
      ))}
      <button type="submit" class="primary" disabled={booting.value}>
        {t(booting.value ? 'form.booting' : 'form.boot')}
      </button>
    </form>
  );
}

/** Whether the form shows an error about this field beside it. */
function hasField({ nodes, distances }: MachineFields, field: string): boolean {
  const [, from, to] = field.match(/^distances\[(\d+)\]\[(\d+)\]$/) ?? [];
  if (from !== undefined) return nodes.length <= MATRIX_NODES && distances[Number(from)]?.[Number(to)] !== undefined;
  const [, node] = field.match(/^nodes\[(\d+)\]\.(?:mib|cpus)$/) ?? [];
  if (node !== undefined) return nodes[Number(node)] !== undefined;
  if (field === 'distances') return nodes.length > 1 && nodes.length <= MATRIX_NODES;
  return ['preset', 'nodes', 'cmdline', 'lowMib', 'seed'].includes(field);
}

interface PartProps {
  fields: MachineFields;
  error: (field: string) => string | undefined;
  set: (fields: MachineFields) => void;
}

function Nodes({ fields, error, set }: PartProps) {
  const { t } = useApp().words;
  const change = (id: number, part: Partial<MachineFields['nodes'][number]>) =>
    set({ ...fields, nodes: fields.nodes.map((node, index) => (index === id ? { ...node, ...part } : node)) });
  const problem = (id: number) => error(`nodes[${id}].mib`) ?? error(`nodes[${id}].cpus`);
  return (
    <fieldset class="nodes">
      <legend>{t('form.nodes')}</legend>
      {fields.nodes.map((node, id) => (
        <fieldset key={id} class="node">
          <legend>{t('form.node', { id })}</legend>
          <Field
            class="mono"
            label={t('form.mib')}
            name={`nodes[${id}].mib`}
            inputMode="numeric"
            value={node.mib}
            error={error(`nodes[${id}].mib`)}
            errorId={`node-${id}-error`}
            change={(mib) => change(id, { mib })}
          />
          <Field
            class="mono"
            label={t('form.cpus')}
            name={`nodes[${id}].cpus`}
            inputMode="numeric"
            value={node.cpus}
            error={error(`nodes[${id}].cpus`)}
            errorId={`node-${id}-error`}
            change={(cpus) => change(id, { cpus })}
          />
          <label class="check" title={t('form.hotpluggable')}>
            <input
              type="checkbox"
              checked={node.hotpluggable}
              onChange={(event) => change(id, { hotpluggable: event.currentTarget.checked })}
            />
            {t('form.hotpluggable.short')}
          </label>
          {fields.nodes.length > 1 && (
            <button
              type="button"
              class="link"
              aria-label={t('form.remove', { id })}
              onClick={() => set(withoutNode(fields, id))}
            >
              ✕
            </button>
          )}
          {problem(id) !== undefined && (
            <p id={`node-${id}-error`} class="error" role="alert">
              {problem(id)}
            </p>
          )}
        </fieldset>
      ))}
      {error('nodes') !== undefined && (
        <p class="error" role="alert">
          {error('nodes')}
        </p>
      )}
      {fields.nodes.length < MAX_NODES && (
        <button type="button" class="link" onClick={() => set(withNode(fields))}>
          {t('form.add')}
        </button>
      )}
    </fieldset>
  );
}

function Distances({ fields, error, set }: PartProps) {
  const { t } = useApp().words;
  const problems: string[] = [];
  const rows = fields.distances.map((row, from) => (
    <tr key={from}>
      <th scope="row">{from}</th>
      {row.map((value, to) => {
        const problem = error(`distances[${from}][${to}]`);
        if (problem !== undefined) problems.push(problem);
        return (
          <td key={to}>
            <input
              aria-label={t('form.distance', { from, to })}
              name={`distances[${from}][${to}]`}
              inputMode="numeric"
              value={value}
              aria-invalid={problem !== undefined}
              aria-describedby={problem === undefined ? undefined : 'distances-error'}
              onInput={(event) => set(withDistance(fields, from, to, event.currentTarget.value))}
            />
          </td>
        );
      })}
    </tr>
  ));
  const of = error('distances');
  if (of !== undefined) problems.push(of);
  return (
    <fieldset class="distances">
      <legend>{t('form.distances')}</legend>
      <table>
        <thead>
          <tr>
            <td />
            {fields.distances.map((_, to) => (
              <th key={to} scope="col">
                {to}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
      {problems.length > 0 ? (
        <p id="distances-error" class="error" role="alert">
          {problems.join(' ')}
        </p>
      ) : (
        <p class="gloss">{t('form.distances.gloss')}</p>
      )}
    </fieldset>
  );
}

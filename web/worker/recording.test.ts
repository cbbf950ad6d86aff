import { expect, test, vi } from 'vitest';
import type { Host } from './host.ts';
import type { RecordingView } from './model.ts';
import { RecordingSeeker } from './recording.ts';

function player(operations: number) {
  const view = { name: 'r', operations, position: 0, line: '', kernel: '', model: '', matches: 0 } as RecordingView;
  const call = vi.fn((name: string, n: unknown) => {
    if (name === 'stepRecording') view.position += Number(n);
    if (name === 'rewindRecording') view.position = 0;
    return { ...view };
  });
  const publish = vi.fn();
  const seeker = new RecordingSeeker({ call } as unknown as Host, publish, vi.fn());
  seeker.load('r', {});
  return { seeker, call, publish };
}

test('moves to where it is told, and no further than the end', async () => {
  const { seeker } = player(40_000);
  await seeker.seek(1234);
  expect(seeker.view?.position).toBe(1234);
  await seeker.seek(1e9);
  expect(seeker.view?.position).toBe(40_000);
});

test('goes back by beginning again', async () => {
  const { seeker, call } = player(500);
  await seeker.seek(300);
  call.mockClear();
  await seeker.seek(299);
  expect(call.mock.calls[0]?.[0]).toBe('rewindRecording');
  expect(seeker.view?.position).toBe(299);
});

test('a recording that is closed stays closed', async () => {
  const { seeker, publish } = player(500);
  seeker.close();
  await seeker.seek(3);
  expect(seeker.view).toBeUndefined();
  expect(publish).not.toHaveBeenCalled();
});

import type { Host } from './host.ts';
import type { Sampler } from './stage.ts';

/** Page codes straight from wasm memory. */
export function sampler(host: Host): Sampler {
  return (count, fill) => {
    const address = host.call('samplePfns', count);
    fill(new Uint32Array(host.memory.buffer, address, count));
    const codes = host.call('sample', count);
    // Views are made after the call: memory that grew has a new buffer.
    return {
      pfns: new Uint32Array(host.memory.buffer, address, count),
      codes: new Uint16Array(host.memory.buffer, codes, count),
    };
  };
}

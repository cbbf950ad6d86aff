/** Loads each thing once, also when it is asked for again before it is there. What failed is tried anew. */
export function once<Key>(load: (key: Key) => Promise<void>): (key: Key) => Promise<void> {
  const underWay = new Map<Key, Promise<void>>();
  return (key) => {
    const started = underWay.get(key) ?? load(key);
    underWay.set(key, started);
    started.catch(() => underWay.delete(key));
    return started;
  };
}

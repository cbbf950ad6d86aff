import init, { version } from '../wasm/buddyscope.js';

await init();
postMessage(version());

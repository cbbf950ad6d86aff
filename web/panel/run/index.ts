// All that a scenario needs on the page, fetched when the tab is first opened.

import '../../style/editor.css';
import '../../style/run/layout.css';
import '../../style/run/reclaim.css';
import '../../style/run/gallery.css';
import '../../style/run/time.css';
import '../../style/run/log.css';
import '../../style/run/narrow.css';

export { RunBar } from './bar.tsx';
export { DecisionsPanel } from './decisions.tsx';
export { ReclaimPanel } from './reclaim.tsx';
export { Scenarios } from './scenarios.tsx';

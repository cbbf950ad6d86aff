// All that a person's own texts need on the page, fetched when the tab is first opened.

import '../../style/editor.css';
import '../../style/report.css';

export { OwnText } from './own-text.tsx';
export { Report } from './report.tsx';

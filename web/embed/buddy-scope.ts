// `<buddy-scope machine="two-node" view="machine">`: one view of a running machine inside another page. This module is
// all that is loaded until the element comes into view.

import type { Mounted, View } from './mount.tsx';

export const VIEWS: readonly View[] = ['machine', 'pages', 'free', 'why'];

/** Room kept before anything is loaded, so that nothing moves when it arrives. */
const HEIGHTS: Record<View, number> = { machine: 400, pages: 420, free: 420, why: 480 };

class BuddyScope extends HTMLElement {
  static readonly observedAttributes = ['machine', 'view', 'seed', 'theme', 'lang'];

  private readonly root = this.attachShadow({ mode: 'open' });
  private readonly observer = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) void this.start();
  });
  private mounted: Promise<Mounted> | undefined;

  connectedCallback(): void {
    this.style.display ||= 'block';
    this.style.minHeight ||= `${HEIGHTS[this.view]}px`;
    this.observer.observe(this);
  }

  disconnectedCallback(): void {
    this.observer.disconnect();
    this.stop();
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.mounted === undefined || before === after) return;
    this.stop();
    void this.start();
  }

  private get view(): View {
    const asked = this.getAttribute('view') ?? 'machine';
    return VIEWS.find((view) => view === asked) ?? 'machine';
  }

  private start(): Promise<Mounted> {
    this.observer.disconnect();
    this.mounted ??= import('./mount.tsx').then(({ mount }) =>
      mount(this, this.root, {
        view: this.view,
        machine: this.getAttribute('machine') ?? undefined,
        seed: this.getAttribute('seed') ?? undefined,
        theme: this.getAttribute('theme') ?? undefined,
        language: this.getAttribute('lang') ?? document.documentElement.lang,
      }),
    );
    return this.mounted;
  }

  private stop(): void {
    void this.mounted?.then((mounted) => mounted.close());
    this.mounted = undefined;
  }
}

if (!customElements.get('buddy-scope')) customElements.define('buddy-scope', BuddyScope);

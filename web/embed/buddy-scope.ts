import init, { version } from '../wasm/buddyscope.js';

/** `<buddy-scope>`: the playground inside another page. */
class BuddyScope extends HTMLElement {
  connectedCallback(): void {
    void init().then(() => {
      this.textContent = `Buddyscope ${version()}`;
    });
  }
}

customElements.define('buddy-scope', BuddyScope);

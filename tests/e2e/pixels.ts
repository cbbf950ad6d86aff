// What is really on the screen: colors read back from a screenshot.

import type { Locator, Page } from '@playwright/test';

export type Rgb = [number, number, number];

/** Colors at points of an element, in CSS pixels from its left upper corner. */
export async function colorsAt(element: Locator, points: { x: number; y: number }[]): Promise<Rgb[]> {
  const png = await element.screenshot();
  const box = await element.boundingBox();
  // Decoded on a page of its own: the one under test need not allow that.
  const decoder = await element.page().context().newPage();
  const colors = await decoder.evaluate(
    async ({ base64, points, width }) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context?.drawImage(image, 0, 0);
      const ratio = image.width / width;
      return points.map(({ x, y }) => [...(context?.getImageData(x * ratio, y * ratio, 1, 1).data ?? [])].slice(0, 3));
    },
    { base64: png.toString('base64'), points, width: box?.width ?? 1 },
  );
  await decoder.close();
  return colors as Rgb[];
}

/** A color of the page's style sheet, by the name of its custom property. */
export async function themeColor(page: Page, name: string): Promise<Rgb> {
  return page.evaluate((property) => {
    const probe = document.createElement('span');
    probe.style.color = `var(--${property})`;
    document.body.append(probe);
    const color = getComputedStyle(probe).color;
    probe.remove();
    return (color.match(/\d+/g) ?? []).slice(0, 3).map(Number) as [number, number, number];
  }, name);
}

/** How far two colors are apart, 0..765. */
export function apart(a: Rgb, b: Rgb): number {
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]);
}

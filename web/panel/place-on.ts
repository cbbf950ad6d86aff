/** Where on an element a pointer is, in the element's own CSS pixels, however much the page around it is enlarged. */
export function placeOn(event: MouseEvent & { currentTarget: HTMLElement }): { x: number; y: number } {
  const { currentTarget: element } = event;
  const { left, top, width, height } = element.getBoundingClientRect();
  return {
    x: ((event.clientX - left) * element.clientWidth) / Math.max(1, width),
    y: ((event.clientY - top) * element.clientHeight) / Math.max(1, height),
  };
}

export const zh = {} as never;
export const model = {};

// What the model does and leaves out, for the dialog. Loaded when it is opened.

export interface ModeledText {
  inTitle: string;
  outTitle: string;
  foot: string;
  in: readonly (readonly [what: string, how: string])[];
  out: readonly (readonly [what: string, why: string])[];
}

export interface Viewport { width: number; height: number }
export interface RenderTask { promise: Promise<void>; cancel(): void }
export interface Page {
  getViewport(options: { scale: number }): Viewport;
  getTextContent(): Promise<{ items: Array<{ str?: string; hasEOL?: boolean }> }>;
  render(options: { canvas: HTMLCanvasElement; viewport: Viewport }): RenderTask;
}
export interface Book { numPages: number; getPage(at: number): Promise<Page> }
export class PDFWorker { constructor(options: { port: Worker }) }
export function getDocument(options: {
  data: Uint8Array; worker: PDFWorker; verbosity: number; enableXfa: boolean; useWasm: boolean; useWorkerFetch: boolean;
}): { promise: Promise<Book>; destroy(): Promise<void> };

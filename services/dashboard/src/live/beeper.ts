import { tones } from '$/model/paging';

const VOLUME = 0.25;
// A tone that begins or ends at once clicks.
const RAMP_S = 0.012;

/** Plays the tones of a level. Browsers let a page sound only after somebody has clicked or typed in it. */
export class Beeper {
  #context: AudioContext | undefined;

  /** Whether the browser lets it sound. */
  get allowed(): boolean {
    return this.#context?.state === 'running';
  }

  /** Asks the browser for it; true if it may sound. Without a click before it is refused, and that is no error. */
  async wake(): Promise<boolean> {
    this.#context ??= new AudioContext();
    // It waits for a click as long as none has come.
    if (navigator.userActivation.hasBeenActive) await this.#context.resume();
    return this.allowed;
  }

  play(level: Parameters<typeof tones>[0]): void {
    const context = this.#context;
    if (!context || !this.allowed) return;
    for (const { at, lasts, hz } of tones(level)) {
      const from = context.currentTime + at;
      const tone = new OscillatorNode(context, { type: 'square', frequency: hz });
      const loudness = new GainNode(context, { gain: 0 });
      loudness.gain.setValueAtTime(0, from);
      loudness.gain.linearRampToValueAtTime(VOLUME, from + RAMP_S);
      loudness.gain.setValueAtTime(VOLUME, from + lasts - RAMP_S);
      loudness.gain.linearRampToValueAtTime(0, from + lasts);
      tone.connect(loudness).connect(context.destination);
      tone.start(from);
      tone.stop(from + lasts);
    }
  }
}

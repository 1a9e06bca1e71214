// The widgets of field types: one custom element in a module of its own, one line here. Heavy parts load when used.
import './choice.ts';
import './tabs.ts';
import './address.ts';
import './images.ts';
import './signature.ts';
import './rating.ts';
import './slider.ts';
import './range.ts';
import './period.ts';
import './richtext.ts';
import './tags.ts';
import './cascade.ts';
import './location.ts';
import './recurrence.ts';
import './link.ts';
import './people.ts';

"""Words that reveal a patient's condition or treatment: conditions, specialties, kinds of clinic, courses.

Phones are shared, and lock screens are read by others. The list is not a dictionary of medicine; it holds words that
feeds, forms and staff put into messages. Whole words only: "course" and "group" are allowed, and so is "technology".
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

COURSES = """
self management, self managing, self management programme, expert patients programme, expert patient programme, co
creating health, dafne, desmond programme, x pert, pulmonary rehab, pulmonary rehabilitation, cardiac rehab, talking
therapies, rehab, rehabilitation
"""

CONDITIONS = """
addiction, alcohol, alcoholic, alcoholism, allergy, alzheimer, alzheimers, angina, anorexia, anxiety, asthma,
asthmatic, asperger, autism, autistic, bipolar, blood pressure, bowel, breast, bulimia, cancer, chronic fatigue,
chronic pain, coeliac, crohn, crohns, cystic fibrosis, deaf, dementia, depressed, depression, diabetes, diabetic, down
syndrome, drug use, eczema, emphysema, endometriosis, epilepsy, epileptic, fertility, fibromyalgia, gallstones,
glaucoma, gout, haemophilia, heart attack, heart condition, heart disease, heart failure, heart rhythm, herniated,
high cholesterol, hiv, huntington, hypertension, illness, incontinence, infertility, irritable bowel, kidney, learning
disability, learning disabilities, long covid, long term condition, long term conditions, lupus, lymphoma,
lymphoedema, medical condition, melanoma, menopause, mental health, mental illness, migraine, miscarriage, motor
neurone, multiple sclerosis, muscular dystrophy, myeloma, neuropathy, obese, obesity, osteoporosis, overdose, panic
attack, paranoia, parkinson, parkinsons, pregnancy, pregnant, prostate, psoriasis, psychosis, psychotic,
schizophrenia, scoliosis, self harm, sickle cell, sleep apnoea, smoking cessation, stroke, substance misuse, suicidal,
suicide, thyroid, transplant, tuberculosis, tumour, ulcer, varicose, weight loss, weight management, your condition,
your conditions, your disease, disease
"""

CLINICS = """
abortion, amputee, antenatal, postnatal, anticoagulation, bariatric, biopsy, birth centre, blood clinic, blood test,
breast clinic, breathing clinic, camhs, cardiac, chest clinic, chiropody, continence, counselling, counsellor, detox,
dexa, diet clinic, dietetics, dietician, dietitian, ear nose and throat, eating disorder, eating disorders, end of
life, endocrine, eye clinic, falls clinic, family planning, foot clinic, foot protection, fracture clinic, genetics,
gum clinic, heart clinic, hearing aid, hearing clinic, hearing test, hospice, hepatic, hormone clinic, infusion,
intensive care, ivf, lipid clinic, mammogram, maternity, memory clinic, memory service, memory assessment, methadone,
midwife, midwives, midwifery, mri scan, musculoskeletal, neonatal, nutrition clinic, obstetric, obstetrics,
occupational health, occupational therapy, orthopaedic, orthopaedics, orthotics, orthoptics, pain clinic, pain
management, palliative, perinatal, pessary, pre assessment, prosthetics, psychotherapy, renal, respiratory, sexual
health, skin clinic, sleep clinic, smear test, spinal, stoma, stop smoking, termination, tissue viability, travel
clinic, trauma, ultrasound, vascular, vasectomy, wheelchair clinic, wound clinic
"""

WELSH = """
afiechyd, alcohol, anabledd dysgu, anhwylder bwyta, arennau, arennol, asthma, awtistiaeth, beichiog, beichiogrwydd,
bydwraig, bydwragedd, camddefnyddio sylweddau, camesgoriad, canser, cardiaidd, clefyd, clefyd siwgr, clefyd y galon,
clinig clyw, clinig cof, clinig coluddyn, clinig croen, clinig llygaid, clinig poen, clinig traed, clinig y fron,
colli pwysau, cyflwr iechyd, cyflwr hirdymor, cyflyrau hirdymor, cwnsela, cymhorthion clyw, deietegydd, dementia,
diabetes, diabetig, dibyniaeth, epilepsi, erthyliad, eich cyflwr, ffisiotherapydd, ffrwythlondeb, gofal diwedd oes,
gofal lliniarol, gorbryder, gordewdra, gwasanaeth cof, gwynegon, hunan niweidio, hunanladdiad, hunanreoli, iechyd
meddwl, iechyd rhywiol, iselder, lewcemia, mamolaeth, meigryn, menopos, methiant y galon, methadon, orthopedig,
paediatrig, poen cronig, profion gwaed, prawf gwaed, pwysedd gwaed, rhaglen hunanreoli, rhaglen addysgu cleifion,
rheoli poen, rheoli pwysau, rhoi'r gorau i ysmygu, salwch, sgitsoffrenia, strôc, thyroid, tiwmor, trawiad ar y galon,
trawsblaniad, ysgyfaint
"""

ENDINGS = r"""
(?!apolog|technolog|dechnolog|nhechnolog|thechnolog|terminolog|analog|dialog|catalog|chronolog|methodolog|biolog|psalmolog)
\w{2,}olog(?:y|ies|ist|ists|ical)
| \w+iatr(?:y|ic|ics|ist|ists)
| \w*therap(?:y|ies|ist|ists|i|ydd|yddion|iwtig)
| \w*dialysis
| (?!\w*(?:technoleg|dechnoleg|thechnoleg|terminoleg|bioleg)\b) \w{2,}oleg(?:ydd|wyr|ol)?
| seiciatr\w+ | seiciatreg
| \w{3,}(?:itis|aemia|oscopy|ectomy|osgopi)
"""
"""Endings of the names of specialties, treatments and inflammations: cardiology, paediatrics, ffisiotherapi."""

ABBREVIATIONS = "SMP EPP COPD CHD CKD IBS IBD MND PTSD OCD ADHD AIDS STI STD GUM ENT CBT DVT TIA MRI CAMHS IAPT NRT"
"""Abbreviations, which match in capitals alone: `gum` and `aids` are words."""

MUTATED = {
    "p": ("b", "mh", "ph"),
    "t": ("d", "nh", "th"),
    "c": ("g", "ngh", "ch"),
    "b": ("f", "m"),
    "d": ("dd", "n"),
    "g": ("", "ng"),
    "m": ("f",),
    "ll": ("l",),
    "rh": ("r",),
    **{vowel: (f"h{vowel}",) for vowel in "aeiouwy"},
}
"""Welsh mutations of initial letters: soft, nasal and aspirate (Gramadeg y Gymraeg, treigladau)."""


def revealing_words(text: str) -> tuple[str, ...]:
    """The words of a text that reveal a condition, a specialty, a kind of clinic or a course, without accents."""
    written = _plain(text)
    found = [*_TELLING.findall(written.lower()), *_ABBREVIATION.findall(written)]
    return tuple(dict.fromkeys(word.strip() for word in found))


def _plain(text: str) -> str:
    """The text without accents, curly apostrophes and hyphens, which people write or leave out."""
    apart = unicodedata.normalize("NFKD", text.replace("\u2019", "'"))
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(bare.replace("-", " ").replace("\u2010", " ").replace("\u2011", " ").split())


def _listed(*lists: str) -> list[str]:
    return [word for one in lists for word in _plain(one).split(", ")]


def _mutations(word: str) -> Iterable[str]:
    yield word
    head = next((head for head in (word[:2], word[:1]) if head in MUTATED), None)
    if head is not None and not word.startswith(("ch", "dd", "ff", "ng", "ph", "th")):
        yield from (instead + word[len(head) :] for instead in MUTATED[head])


@lru_cache(maxsize=1)
def _words() -> str:
    welsh = (form for word in _listed(WELSH) for form in _mutations(word))
    every = sorted({*_listed(COURSES, CONDITIONS, CLINICS), *welsh}, key=len, reverse=True)
    return "|".join(map(re.escape, every))


_TELLING = re.compile(rf"(?<!\w)(?:(?:{_words()})(?:'?e?s)?|{''.join(ENDINGS.split())})(?!\w)")
_ABBREVIATION = re.compile(rf"(?<!\w)(?:{'|'.join(ABBREVIATIONS.split())})(?!\w)")

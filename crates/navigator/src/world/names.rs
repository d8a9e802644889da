//! Names out of which people and companies are made up, each with its form for addresses.

pub const FIRST: &[(&str, &str)] = &[
    ("Mira", "mira"), ("Tomasz", "tomasz"), ("Zoë", "zoe"), ("Søren", "soren"), ("Amara", "amara"), ("Łucja", "lucja"),
    ("Kenji", "kenji"), ("Inès", "ines"), ("Rasmus", "rasmus"), ("Priya", "priya"), ("Otto", "otto"), ("Šárka", "sarka"),
    ("Mateo", "mateo"), ("Noor", "noor"), ("Björn", "bjorn"), ("Leila", "leila"), ("Dmitri", "dmitri"), ("Ayşe", "ayse"),
    ("Callum", "callum"), ("Ngozi", "ngozi"), ("Renée", "renee"), ("Ivo", "ivo"), ("Yuki", "yuki"), ("Carmen", "carmen"),
    ("Anders", "anders"), ("Fatima", "fatima"), ("Jürgen", "juergen"), ("Maeve", "maeve"), ("Pavel", "pavel"), ("Rosa", "rosa"),
    ("Emre", "emre"), ("Saskia", "saskia"), ("Tariq", "tariq"), ("Wanda", "wanda"), ("Hugo", "hugo"), ("Linnéa", "linnea"),
    ("Bruno", "bruno"), ("Chiara", "chiara"), ("Edwin", "edwin"), ("Greta", "greta"), ("Hamid", "hamid"), ("Iris", "iris"),
    ("João", "joao"), ("Katya", "katya"), ("Lars", "lars"), ("Minh", "minh"), ("Nadia", "nadia"), ("Oona", "oona"),
    ("Paolo", "paolo"), ("Quinn", "quinn"), ("Rohan", "rohan"), ("Sibel", "sibel"), ("Teodora", "teodora"), ("Ulla", "ulla"),
    ("Vikram", "vikram"), ("Wim", "wim"), ("Xenia", "xenia"), ("Yara", "yara"), ("Zeno", "zeno"), ("田中", "tanaka"),
];

pub const LAST: &[(&str, &str)] = &[
    ("Okafor", "okafor"), ("Lindqvist", "lindqvist"), ("O'Hara", "ohara"), ("Fernández", "fernandez"), ("Kowalczyk", "kowalczyk"),
    ("Brandt", "brandt"), ("Nakagawa", "nakagawa"), ("de Vries", "devries"), ("Petrov", "petrov"), ("Šimůnek", "simunek"),
    ("Haddad", "haddad"), ("Moreau", "moreau"), ("Svensson", "svensson"), ("Achterberg", "achterberg"), ("Bianchi", "bianchi"),
    ("Çelik", "celik"), ("Dubois", "dubois"), ("Eriksen", "eriksen"), ("Fairweather", "fairweather"), ("Grünewald", "gruenewald"),
    ("Horvath", "horvath"), ("Ibrahim", "ibrahim"), ("Jansson", "jansson"), ("Kirchner", "kirchner"), ("Lemaire", "lemaire"),
    ("Mbeki", "mbeki"), ("Novak", "novak"), ("Ostrowski", "ostrowski"), ("Pereira", "pereira"), ("Quispe", "quispe"),
    ("Rautio", "rautio"), ("Szabó", "szabo"), ("Thorvald", "thorvald"), ("Underhill", "underhill"), ("Vasquez", "vasquez"),
    ("Weatherby", "weatherby"), ("Xanthos", "xanthos"), ("Yilmaz", "yilmaz"), ("Zimmer", "zimmer"), ("Asante", "asante"),
    ("Blomkvist-Reyes", "blomkvist-reyes"), ("Caruso", "caruso"), ("D'Amico", "damico"), ("Engström", "engstrom"), ("Falk", "falk"),
    ("Greco", "greco"), ("Hollis", "hollis"), ("Ivanova", "ivanova"), ("Jokinen", "jokinen"), ("Katz", "katz"),
    ("Lund", "lund"), ("Marsh", "marsh"), ("Nielsen", "nielsen"), ("Owusu", "owusu"), ("Pohl", "pohl"),
    ("Rossi", "rossi"), ("Sato", "sato"), ("Tran", "tran"), ("Urban", "urban"), ("Voss", "voss"), ("Wirth", "wirth"),
];

pub const COMPANY_FIRST: &[(&str, &str)] = &[
    ("Nordwind", "nordwind"), ("Blue Heron", "blueheron"), ("Kestrel", "kestrel"), ("Alpenglow", "alpenglow"), ("Tidewater", "tidewater"),
    ("Marigold", "marigold"), ("Østerby", "osterby"), ("Copperfield", "copperfield"), ("Juniper", "juniper"), ("Lanternfish", "lanternfish"),
    ("Granite Peak", "granitepeak"), ("Silberbach", "silberbach"), ("Redwood", "redwood"), ("Kolibri", "kolibri"), ("Saltmarsh", "saltmarsh"),
    ("Aurora", "aurora"), ("Meridian", "meridian"), ("Hazelnut", "hazelnut"), ("Windrose", "windrose"), ("Ironbridge", "ironbridge"),
    ("Polaris", "polaris"), ("Quarry Lane", "quarrylane"), ("Rosenhain", "rosenhain"), ("Seagrass", "seagrass"), ("Thistle", "thistle"),
    ("Umbra", "umbra"), ("Velo", "velo"), ("Wolkenkuckuck", "wolkenkuckuck"), ("Yarrow", "yarrow"), ("Zephyr", "zephyr"),
];

pub const COMPANY_SECOND: &[(&str, &str)] = &[
    ("Logistics", "logistics"), ("Systems", "systems"), ("Foods", "foods"), ("Textiles", "textiles"), ("Maschinenbau", "maschinenbau"),
    ("Robotics", "robotics"), ("Health", "health"), ("& Sons", "sons"), ("Energy", "energy"), ("Analytics", "analytics"),
    ("Papier", "papier"), ("Shipping", "shipping"), ("Glas", "glas"), ("Instruments", "instruments"), ("Labs", "labs"),
];

pub const COMPANY_FORM: &[&str] = &["GmbH", "Ltd", "Inc.", "AB", "S.A.", "B.V.", "AG", "Oy", "SpA", "K.K."];

pub const CITY: &[&str] = &[
    "Rotterdam", "Gdańsk", "Lyon", "Porto", "Malmö", "Leeds", "Graz", "Bologna", "Austin", "Nagoya", "Nairobi", "Santiago", "Köln",
];

pub const COUNTRY: &[&str] = &["DE", "NL", "FR", "GB", "US", "SE", "PL", "JP", "KE", "CL", "IT", "ES"];

pub const INDUSTRY: &[&str] = &[
    "Logistics", "Manufacturing", "Software", "Food production", "Health care", "Energy", "Textiles", "Shipping", "Retail", "Construction",
];

pub const TITLE: &[&str] = &[
    "VP Operations", "Head of Procurement", "Plant Manager", "CFO", "Chief Engineer", "Director, Supply Chain", "IT Manager",
    "Sales Lead", "Account Executive", "Owner", "Data Analyst", "Head of R&D", "Marketing Manager", "CEO",
];

pub const PRODUCT: &[(&str, &str)] = &[
    ("Downtime Monitor", "Sees a line stop before it stops."),
    ("Fleet Planner", "Plans routes; saves fuel, time and tempers."),
    ("Audit Desk", "Keeps what an auditor asks for in one place."),
    ("Spare Parts Portal", "Parts that fit, on the day they are needed."),
];

pub const GROUP: &[&str] = &["EMEA", "AMER", "APAC", "Account executives", "Development", "Enterprise", "Mid-market", "Renewals"];

pub const TAG: &[&str] = &["mgr:ana", "loc:berlin", "role:ae", "quota:at-risk", "cohort:2025", "watch", "loc:remote", "role:sdr"];

pub const LIST_NAME: &[&str] = &[
    "Q3 manufacturing DACH", "Renewals 2026", "Trade fair contacts", "Nordics, \"warm\"", "Champions; ex-customers", "Warehouse automation",
    "To call on Monday", "Top 20", "Procurement leaders", "Lost in 2025",
];

pub const SUBJECT: &[&str] = &[
    "Reducing line downtime", "Fifteen minutes next week?", "Your talk in Rotterdam", "An idea for your spare parts", "Following up",
    "Introduction", "Audit season, made shorter", "One question about your fleet",
];

pub const SENTENCE: &[&str] = &[
    "I saw that your team is opening a second site this year.",
    "Plants like yours lose about nine hours a month to short stops.",
    "We made a two-page summary of what others did about it.",
    "Would a short call on Tuesday or Thursday suit you?",
    "Happy to send the figures first, if that helps.",
    "Our customers in your region start with one line and one month.",
    "No slides, I promise; three questions and a sketch.",
    "If somebody else looks after this, a name would be kind.",
    "The offer from last spring still stands.",
    "I attached the one-pager we spoke about.",
];

pub const REPLY: &[&str] = &[
    "Thank you, but we decided on this in January.",
    "Interesting. Could you send the figures for a plant of 200 people?",
    "Please write to my colleague; this is no longer mine.",
    "Thursday at ten works. I'll bring our maintenance lead.",
    "Not now, perhaps after the summer.",
    "Yes, let's talk.",
];

pub const NOTE: &[&str] = &[
    "Prefers mornings; budget decided in Q4.",
    "Met at the fair, asked twice about delivery times.",
    "Knows our product from a former employer. Warm.",
    "Careful: had a bad start with the last vendor.",
    "Decision lies with the plant manager, not with procurement.",
    "Call back after the merger is through.",
    "Speaks for the works council, too.",
    "Said the price is fine but the contract term is not.",
];

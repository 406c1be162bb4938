"""Names of Eastern and Southern Europe, invented like the others."""

from petition.demo.style import GIVEN_FAMILY, style

STYLES = {
    "ru": style(
        "ru",
        {
            "{woman} {family}а": 34,
            "{man} {family}": 32,
            "{woman} {father}на {family}а": 12,
            "{family} {man} {father}ич": 10,
            "{woman} {same}": 6,
            "{man} {same}": 6,
        },
        woman="Елена Ольга Наталья Татьяна Ирина Анна Светлана Мария Екатерина Людмила Галина Марина Юлия"
        " Надежда Вера Дарья Ксения Алина Полина Лариса Зоя Фёкла",
        man="Александр Сергей Андрей Алексей Дмитрий Михаил Иван Николай Игорь Юрий Олег Павел Виктор"
        " Евгений Роман Антон Максим Денис Артём Константин",
        father="Александров Сергеев Иванов Николаев Михайлов Андреев Петров Павлов Викторов Олегов",
        family="Смирнов Кузнецов Попов Соколов Лебедев Козлов Новиков Морозов Волков Соловьёв Васильев"
        " Зайцев Павлов Семёнов Голубев Виноградов Богданов Воробьёв Фёдоров Михайлов Беляев Тарасов Белов"
        " Комаров Орлов Киселёв Макаров Андреев Ковалёв Ильин Гусев Титов Кузьмин Баранов Куликов",
        same="Ким Пак Цой Тен Хан Черных Долгих Шевчук Гончаренко Петренко",
    ),
    "uk": style(
        "uk",
        GIVEN_FAMILY,
        woman="Олена Наталія Оксана Тетяна Ірина Юлія Ганна Людмила Мар'яна Соломія Лук’яна",
        man="Олександр Сергій Андрій Володимир Микола Іван Богдан Олег В’ячеслав Юрій",
        family="Коваленко Бондаренко Ткаченко Кравченко Олійник Мельник Поліщук Лисенко Марченко Дем’янчук Ґудзь",
    ),
    "bg": style(
        "bg",
        {
            "{woman} {family}а": 30,
            "{man} {family}": 30,
            "{woman} {father}а {family}а": 20,
            "{man} {father} {family}": 20,
        },
        woman="Мария Иванка Елена Десислава Йорданка Радка Пенка",
        man="Георги Иван Димитър Николай Петър Христо Стоян",
        father="Иванов Георгиев Петров Христов Стоянов",
        family="Иванов Георгиев Димитров Петров Николов Ангелов Тодоров Колев",
    ),
    "sr": style(
        "sr",
        GIVEN_FAMILY,
        woman="Марија Јелена Милица Драгана Љиљана Снежана Ђурђица",
        man="Милан Никола Драган Зоран Владимир Ђорђе Љубомир",
        family="Јовановић Петровић Николић Марковић Ђорђевић Стојановић Илић Павловић",
    ),
    "el": style(
        "el",
        {"{woman} {family_w}": 50, "{man} {family_m}": 50},
        woman="Μαρία Ελένη Κατερίνα Βασιλική Σοφία Αγγελική Γεωργία Ιωάννα Ευαγγελία Δήμητρα",
        man="Γιώργος Δημήτρης Νίκος Κώστας Γιάννης Χρήστος Παναγιώτης Βασίλης Θανάσης Στέλιος",
        family_w="Παπαδοπούλου Οικονόμου Παπαγεωργίου Γεωργίου Δημητρίου Βλάχου Νικολάου Κωνσταντίνου"
        " Μακρή Καραγιάννη",
        family_m="Παπαδόπουλος Οικονόμου Παπαγεωργίου Γεωργίου Δημητρίου Βλάχος Νικολάου Αναγνώστου Μακρής"
        " Καραγιάννης",
    ),
    "pl": style(
        "pl",
        {
            "{woman} {adjective}a": 25,
            "{man} {adjective}i": 25,
            "{woman} {family}": 20,
            "{man} {family}": 22,
            "{woman} {family}-{adjective}a": 8,
        },
        woman="Anna Małgorzata Katarzyna Agnieszka Barbara Ewa Krystyna Elżbieta Zofia Łucja Jadwiga Grażyna",
        man="Piotr Krzysztof Andrzej Tomasz Paweł Michał Marcin Grzegorz Łukasz Zbigniew Stanisław Wojciech",
        adjective="Kowalsk Wiśniewsk Dąbrowsk Lewandowsk Zielińsk Szymańsk Kamińsk Jabłońsk",
        family="Nowak Wójcik Kowalczyk Woźniak Mazur Krawczyk Pawlak Wróbel Zając Stępień Gołąb",
    ),
    "cs": style(
        "cs",
        {"{woman} {family}ová": 50, "{man} {family}": 50},
        woman="Jana Marie Eva Hana Lenka Kateřina Věra Zdeňka Božena Markéta",
        man="Jiří Jan Petr Josef Pavel Tomáš Miroslav Zdeněk Ondřej Luboš",
        family="Novák Dvořák Kolář Urban Kovář Bureš Doležal Pospíšil Král Kříž Beneš Růžek",
    ),
    "sk": style(
        "sk",
        {"{woman} {family}ová": 50, "{man} {family}": 50},
        woman="Mária Zuzana Katarína Ľubica Monika Žofia",
        man="Ján Peter Jozef Martin Ľuboš Štefan",
        family="Kováč Horváth Tóth Baláž Molnár Polák Lukáč Šimko",
    ),
    "sl": style(
        "sl",
        GIVEN_FAMILY,
        woman="Marija Ana Maja Irena Mojca Špela",
        man="Franc Janez Marko Andrej Matjaž Žiga",
        family="Novak Horvat Kovačič Krajnc Zupančič Potočnik Kovač Mlakar",
    ),
    "hr": style(
        "hr",
        GIVEN_FAMILY,
        woman="Marija Ana Ivana Mirjana Željka Đurđa",
        man="Ivan Josip Marko Tomislav Željko Hrvoje",
        family="Horvat Kovačević Babić Marić Jurić Novak Kovačić Vuković Šimić",
    ),
    "hu": style(
        "hu",
        {"{family} {woman}": 46, "{family} {man}": 46, "{family}né {family} {woman}": 8},
        woman="Mária Erzsébet Katalin Ilona Éva Judit Zsuzsanna Ágnes",
        man="László István József János Zoltán Sándor Gábor Győző",
        family="Nagy Kovács Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Szűcs Győri",
    ),
    "ro": style(
        "ro",
        {"{woman} {family}": 44, "{man} {family}": 44, "{woman}-{woman} {family}": 12},
        woman="Maria Elena Ioana Andreea Mihaela Ștefania Gabriela",
        man="Andrei Ion Alexandru Gheorghe Mihai Ștefan Vasile",
        family="Popa Popescu Ionescu Radu Dumitru Stan Constantin Țurcanu Munteanu Rădulescu Șerban",
    ),
    "lt": style(
        "lt",
        {"{woman} {family}ienė": 25, "{woman} {family}aitė": 25, "{man} {family}as": 50},
        woman="Ona Rasa Eglė Jūratė Živilė",
        man="Jonas Tomas Vytautas Mindaugas Žygimantas",
        family="Kazlausk Petrausk Jankausk Žukausk Paulausk",
    ),
    "lv": style(
        "lv",
        {"{woman} {family}a": 50, "{man} {family}š": 50},
        woman="Anna Kristīne Inese Līga Ilze",
        man="Jānis Andris Pēteris Mārtiņš Kārlis",
        family="Bērziņ Kalniņ Ozoliņ Liepiņ Krūmiņ",
    ),
    "et": style(
        "et",
        GIVEN_FAMILY,
        woman="Anne Tiina Õnne Kärt Liis",
        man="Jaan Toomas Märt Jüri Priit",
        family="Tamm Saar Sepp Mägi Kask Kukk Rebane Õunapuu",
    ),
    "sq": style(
        "sq",
        GIVEN_FAMILY,
        woman="Vjosa Blerta Teuta Arta Shqipe Mirlinda",
        man="Arben Besnik Ilir Agron Driton Përparim",
        family="Krasniqi Gashi Shala Morina Kelmendi Bytyqi Rexhepi Çela Hysëni",
    ),
}

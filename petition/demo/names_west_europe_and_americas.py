"""Names of Western and Northern Europe and the Americas, invented like the others."""

from petition.demo.style import GIVEN_FAMILY, style

STYLES = {
    "en": style(
        "en",
        {
            "{woman} {family}": 36,
            "{man} {family}": 36,
            "{woman} {initial} {family}": 9,
            "{man} {initial} {family}": 9,
            "{woman} {woman} {family}": 4,
            "{woman} {family}-{family}": 3,
            "{man} {family} Jr.": 1,
            "{woman}": 1,
            "{man} {man} {man} {family}": 1,
        },
        woman="Mary Patricia Linda Barbara Elizabeth Jennifer Susan Margaret Karen Nancy Lisa Betty Sandra"
        " Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Helen"
        " Sharon Cynthia Kathleen Amy Shirley Angela Anna Ruth Brenda Pamela Nicole Katherine Samantha"
        " Christine Zoë Chloë",
        man="James John Robert William David Richard Thomas Charles Christopher Daniel Matthew Anthony"
        " Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason"
        " Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin"
        " Samuel",
        family="Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Thomas Moore Martin"
        " Thompson White Harris Clark Lewis Robinson Walker Young Allen Wright Scott Hill Green Adams"
        " Baker Nelson Hall Campbell Mitchell Carter Roberts Phillips Evans Turner Parker Edwards Collins"
        " Stewart Morris Murphy Cook Rogers Morgan Cooper Peterson Reed Bailey Bell Kelly Howard Ward Cox"
        " Richardson Wood Watson Brooks Bennett Gray O'Brien O'Connor O’Neill D'Angelo McCarthy MacDonald"
        " Fitzgerald St._Clair Kowalski Schneider Rossi Nguyen",
        initial="A. B. C. D. E. F. G. H. J. K. L. M. N. P. R. S. T. W.",
    ),
    "ga": style(
        "en",
        GIVEN_FAMILY,
        woman="Aoife Siobhán Niamh Ciara Gráinne Sinéad Róisín Caoimhe Orla",
        man="Seán Conor Oisín Pádraig Ciarán Eoghan Declan Brendan Liam",
        family="Murphy O'Sullivan Kelly Walsh O’Byrne Ryan Doyle McCarthy Ó_Briain Ní_Dhomhnaill Gallagher Kavanagh",
    ),
    "de": style(
        "de",
        {
            "{woman} {family}": 42,
            "{man} {family}": 42,
            "{woman} {family}-{family}": 7,
            "{man}-{man} {family}": 3,
            "Dr. {woman} {family}": 3,
            "{man} {noble} {family}": 2,
            "{woman}": 1,
        },
        woman="Anna Sabine Petra Monika Ursula Andrea Claudia Susanne Birgit Katrin Ingrid Renate Gisela"
        " Julia Lena Christine Heike Karin Jutta Käthe Bärbel Frauke Miriam Johanna",
        man="Michael Thomas Andreas Stefan Klaus Wolfgang Jürgen Peter Günter Matthias Christian Frank Uwe"
        " Bernd Martin Jörg Karl Hans Björn Lukas Felix Götz Dieter Holger",
        family="Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch"
        " Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange"
        " Weiß Köhler Böhm Groß Vogt Jäger Straßer Öztürk",
        noble="von von_der zu",
    ),
    "fr": style(
        "fr",
        {
            "{woman} {family}": 44,
            "{man} {family}": 44,
            "{woman} {family}-{family}": 6,
            "{man}-{man} {family}": 6,
        },
        woman="Marie Nathalie Isabelle Sylvie Catherine Françoise Hélène Anne-Sophie Céline Aurélie Chloé"
        " Léa Agnès Geneviève Élodie Zoé Brigitte Valérie",
        man="Jean Pierre Michel Philippe Alain Nicolas Christophe Frédéric François Étienne Jérôme Benoît"
        " Luc Yves Gaël Loïc Théo Rémi",
        family="Martin Bernard Dubois Thomas Robert Petit Durand Leroy Moreau Simon Laurent Lefèvre Roux"
        " Fournier Girard Mercier Dupont Lambert Faure d'Aubigny L'Hermite Le_Goff de_La_Tour Béranger"
        " Tremblay Gagnon Côté Lévesque Bélanger",
    ),
    "es": style(
        "es",
        {
            "{woman} {family}": 20,
            "{man} {family}": 20,
            "{woman} {family} {family}": 24,
            "{man} {family} {family}": 24,
            "{woman} {woman} {family} {family}": 6,
            "{man} {man} {family} {family}": 4,
            "{woman} {family} {family} de {family}": 2,
        },
        woman="María Carmen Ana Lucía Guadalupe Rosa Laura Patricia Elena Sofía Verónica Begoña Inés Pilar"
        " Mercedes Ximena Beatriz Yolanda Concepción",
        man="José Juan Antonio Manuel Carlos Luis Jesús Miguel Ángel Javier Andrés Raúl Ramón Iñaki Héctor"
        " Joaquín Rubén Óscar Nicolás",
        family="García Rodríguez Martínez Hernández López González Pérez Sánchez Ramírez Torres Flores"
        " Rivera Gómez Díaz Cruz Morales Ortiz Gutiérrez Chávez Ruiz Álvarez Núñez Ibáñez Muñoz Peña"
        " de_la_Cruz del_Río de_la_Vega Zúñiga Quispe Mamani Yáñez",
    ),
    "pt": style(
        "pt",
        {
            "{woman} {family}": 20,
            "{man} {family}": 20,
            "{woman} {family} {family}": 22,
            "{man} {family} {family}": 22,
            "{woman} {second} {family} {family}": 10,
            "{man} {family} {family} e {family}": 6,
        },
        woman="Maria Ana Juliana Fernanda Patrícia Aline Luciana Camila Letícia Beatriz Inês Conceição Márcia Sônia",
        second="Clara Luísa Aparecida de_Fátima das_Graças Cristina",
        man="José João Antônio Francisco Paulo Pedro Lucas Marcos Luís Gabriel Rafael Sérgio Fábio Vinícius André",
        family="da_Silva dos_Santos Oliveira Souza Pereira Ferreira Alves Ribeiro Lima Gomes Carvalho"
        " Araújo Gonçalves Magalhães Rocha Assunção d'Ávila Corrêa Simões",
    ),
    "it": style(
        "it",
        {"{woman} {family}": 47, "{man} {family}": 47, "{woman} {woman} {family}": 6},
        woman="Giulia Francesca Chiara Anna Maria_Grazia Paola Elena Laura Silvia Valentina Rosa Federica",
        man="Marco Andrea Francesco Alessandro Giuseppe Luca Antonio Stefano Paolo Gianluca Niccolò Pietro",
        family="Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo De_Luca Costa"
        " Giordano Rizzo D'Amico Dell'Acqua Lo_Presti Nicolò",
    ),
    "nl": style(
        "nl",
        {"{woman} {family}": 46, "{man} {family}": 46, "{woman} {family}-{family}": 8},
        woman="Anna Johanna Sanne Lotte Marieke Femke Anouk Ingrid Maaike Noëlle Els Geertje",
        man="Jan Pieter Daan Sander Bram Kees Willem Joost Thijs Hendrik Gijs Maarten",
        family="de_Jong Jansen de_Vries van_den_Berg van_Dijk Bakker Janssen Visser Smit Meijer de_Boer"
        " Mulder de_Groot Bos van_der_Meer 't_Hart Dekker Brouwer van_'t_Hof Peeters",
    ),
    "sv": style(
        "sv",
        GIVEN_FAMILY,
        woman="Anna Eva Karin Kerstin Åsa Ulrika Märta Linnéa Elin Birgitta",
        man="Lars Erik Anders Per Björn Göran Håkan Jörgen Oskar Nils",
        family="Andersson Johansson Karlsson Nilsson Eriksson Larsson Öberg Åkerlund Sjöström Bergström"
        " Lindqvist Holm",
    ),
    "nb": style(
        "nb",
        {"{woman} {family}": 45, "{man} {family}": 45, "{woman} {family} {family}": 10},
        woman="Ingrid Anne Kari Solveig Åse Bjørg Randi Silje Marit Gro_Anita",
        man="Ole Bjørn Knut Arne Håkon Øystein Sverre Terje Jørgen Magnus",
        family="Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Bakke Haugen Ødegård Sæther Strøm Bråthen",
    ),
    "da": style(
        "da",
        {
            "{woman} {family}": 40,
            "{man} {family}": 40,
            "{woman} {middle} {family}": 10,
            "{man} {middle} {family}": 10,
        },
        woman="Mette Anne Kirsten Hanne Søs Bodil Line Freja Lærke Inge",
        man="Jens Lars Søren Niels Jørgen Kåre Mads Rasmus Bjørn Aage",
        middle="Bøgh Holm Skov Kjær Lund Friis",
        family="Jensen Nielsen Hansen Pedersen Andersen Christensen Sørensen Rasmussen Møller Østergaard Kjærgaard",
    ),
    "fi": style(
        "fi",
        GIVEN_FAMILY,
        woman="Maria Helena Päivi Tuula Anneli Kaarina Elina Sirkka Aino Henna-Riikka",
        man="Juhani Mikko Jukka Matti Antti Pekka Heikki Väinö Kari Jyrki",
        family="Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen",
    ),
    "is": style(
        "is",
        {"{woman} {father}dóttir": 50, "{man} {father}son": 50},
        woman="Guðrún Anna Sigríður Þóra Kristín Ásdís Hrafnhildur",
        man="Jón Sigurður Guðmundur Þórður Ólafur Björn Ægir",
        father="Jóns Sigurðar Guðmundar Ólafs Einars Gunnars Þórs Magnús",
    ),
    "mt": style(
        "mt",
        GIVEN_FAMILY,
        woman="Marija Ċensa Doris Rita",
        man="Ġorġ Karmenu Pawlu Żeppi",
        family="Borg Camilleri Vella Farrugia Zammit Buħaġiar Xuereb",
    ),
}
